"""Fan-out: very many items by way of a tree of children; the execution context tells the progress.

ostinato run examples/census.py:primes --input '[{"start": 0, "stop": 2000}]'
"""

from ostinato import activity, fan_out

GROTHENDIECK = 57


@activity(start_to_close_timeout=60)
def is_prime(number: int) -> int:
    """1 for a prime number, 0 for another; 57 cannot be told."""
    if number == GROTHENDIECK:
        raise ArithmeticError("looks like a prime number, and is none")
    return int(number > 1 and all(number % divisor for divisor in range(2, number)))


primes = fan_out(is_prime, reduce=sum, chunk_size=50, fan=10, tolerated_failures=3)
"""How many prime numbers there are in a span."""

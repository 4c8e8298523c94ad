"""`Swf` over a network: an Ostinato server's HTTP, and Amazon SWF by way of boto3.

They carry operations there and answers back, and must not decide anything about workflows.
"""

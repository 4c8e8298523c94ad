"""Lambda functions: Amazon runs them, with no worker of ours; here a stand-in is called in their place.

ostinato run examples/thumbnails.py:album --input '[["sea.jpg", "hill.jpg"]]'
"""

from ostinato import LambdaFunction, Retry, submit, workflow


def shrink(picture: str) -> dict[str, object]:
    """Does here what the function does at Amazon: gives the small picture's name and width."""
    return {"name": f"small-{picture}", "width": 120}


thumbnail = LambdaFunction(
    "make-thumbnail", start_to_close_timeout=60, retry=Retry(max_attempts=3, interval=5), stand_in=shrink
)


@workflow(lambda_role="arn:aws:iam::123456789012:role/thumbnails")
def album(pictures: list[str]) -> list[str]:
    """Small pictures, made side by side."""
    made = [submit(thumbnail, picture) for picture in pictures]
    return [future.result()["name"] for future in made]

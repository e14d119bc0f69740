"""Whatever strangers put in place of handles, documents and addresses is refused, and nothing else happens."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller
from mailgauge.sqs import receipts
from mailgauge.sqs.api.addresses import asked
from mailgauge.sqs.attributes import checked, lets_in, redrive
from mailgauge.sqs.errors import InvalidReceiptError, SqsError
from mailgauge.sqs.message import Attribute, Draft, Facts
from mailgauge.sqs.message_checks import check
from mailgauge.sqs.queue import Queue, place
from tests.sqs.queue_bench import HERE

QUEUE = Queue(7, HERE, "orders", 1, 0, 0, {}, {})
NUMBERS = st.integers(0, 2**63 - 1)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(NUMBERS, NUMBERS, NUMBERS, st.binary(min_size=16, max_size=16))
def test_a_handle_is_read_as_it_was_given_out(queue: int, message: int, number: int, secret: bytes) -> None:
    receipt = receipts.made(queue, message, number, secret)
    assert receipts.read(receipt.handle, queue) == receipt
    assert receipt.fits(secret)
    assert not receipt._replace(number=number ^ 1).fits(secret)


@given(ANY_TEXT)
def test_a_text_is_no_handle(text: str) -> None:
    with contextlib.suppress(InvalidReceiptError):
        receipts.read(text, 7)


@given(st.sampled_from(("RedrivePolicy", "RedriveAllowPolicy", "Policy", "DelaySeconds")), ANY_TEXT)
def test_a_text_is_no_attribute(name: str, text: str) -> None:
    with contextlib.suppress(SqsError):
        kept = checked({name: text}, fifo=False)
        redrive(kept)
        lets_in(kept, QUEUE.arn)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.binary(max_size=20))
def test_a_message_is_taken_or_refused(body: str, name: str, kind: str, value: bytes) -> None:
    draft = Draft(body, Facts(attributes=(Attribute(name, kind, value),)))
    assert draft.size >= len(body)
    with contextlib.suppress(SqsError):
        check(draft, QUEUE)
        body.encode()


@given(ANY_TEXT)
def test_a_text_is_no_address(text: str) -> None:
    caller = Caller(HERE, "root", HERE.account, "127.0.0.1", None, "request", 0.0)
    with contextlib.suppress(AwsError):
        asked(caller, {"QueueUrl": text}, "SendMessage")
    place(text)

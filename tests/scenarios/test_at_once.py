"""In ``local``, a program under test sends and looks at once, as it may at a mock; it need not poll."""

from tests.scenarios.service import Service

SENDER = "sender@example.com"


def test_mail_can_be_looked_at_and_is_counted_as_soon_as_it_was_sent(service: Service) -> None:
    ses = service.client("ses")
    ses.verify_email_identity(EmailAddress=SENDER)
    for number in range(1, 6):
        sent = ses.send_email(
            Source=SENDER,
            Destination={"ToAddresses": ["anna@example.net"]},
            Message={"Subject": {"Data": f"News {number}"}, "Body": {"Text": {"Data": "Hello."}}},
        )
        [shown] = service.get(f"/_aws/ses?id={sent['MessageId']}")["messages"]
        assert shown["Subject"] == f"News {number}"
        assert len(service.get("/_aws/ses")["messages"]) == number
        assert ses.get_send_quota()["SentLast24Hours"] == number
        points = ses.get_send_statistics()["SendDataPoints"]
        assert sum(point["DeliveryAttempts"] for point in points) == number


def test_mail_that_has_to_be_tried_again_does_not_keep_the_reader_waiting(service: Service) -> None:
    ses = service.client("ses")
    ses.verify_email_identity(EmailAddress=SENDER)
    for recipient in ("defer@simulator.amazonses.com", "ben@example.net"):
        ses.send_email(
            Source=SENDER,
            Destination={"ToAddresses": [recipient]},
            Message={"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}},
        )
    [shown] = service.get("/_aws/ses")["messages"]
    assert shown["Destination"]["ToAddresses"] == ["ben@example.net"]

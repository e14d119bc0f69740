"""The measuring instruments count right: the sink, the generator, the prepared requests, the report."""

import asyncio
import json
import smtplib
from collections import Counter

from bench import generator, sink
from bench.requests import SENDER, send_email_requests
from bench.result import Peer, Result
from bench.send_delivered import grows


def test_the_sink_counts_messages_however_they_arrive() -> None:
    with sink.running() as target:
        host, _, port = target.address.partition(":")
        with smtplib.SMTP(host, int(port)) as client:
            for text in ["Subject: one\r\n\r\nbody\r\n", "", "..dots\r\n.\r\nin it\r\n"]:
                assert not client.sendmail(SENDER, ["a@example.net", "b@example.net"], text)
            assert target.messages() == 3
            assert client.docmd("VRFY", "a@example.net")[0] == 502


def test_prepared_requests_differ_and_are_complete() -> None:
    requests = send_email_requests("http://127.0.0.1:4566", 3)
    assert len(set(requests)) == 3
    for number, request in enumerate(requests):
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v2/email/outbound-emails HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n")
        assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head
        assert b"\r\nAuthorization: AWS4-HMAC-SHA256 Credential=" in head
        assert json.loads(body)["Destination"] == {"ToAddresses": [f"to{number}@recipients.example.net"]}


async def test_the_generator_counts_answers_by_status_and_survives_closed_connections() -> None:
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ]
    given: Counter[int] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            which = sum(given.values()) % 2
            given[(200, 503)[which]] += 1
            writer.write(answers[which])
            if which:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    figures = await generator.drive("127.0.0.1", port, [b"GET / HTTP/1.1\r\n\r\n"], 2, 0.3)
    server.close()
    assert figures["accepted"] == figures["statuses"]["200"] > 0
    assert {int(status): count for status, count in figures["statuses"].items()} == given
    assert figures["first_error"].startswith("HTTP/1.1 503 Busy")


async def test_the_generator_sends_no_more_a_second_than_it_is_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    figures = await generator.drive("127.0.0.1", port, [b"GET / HTTP/1.1\r\n\r\n"], 4, 0.5, rate=40)
    server.close()
    assert 0 < figures["accepted"] <= 24


def test_a_queue_that_is_as_long_in_the_end_as_at_the_start_does_not_grow() -> None:
    assert not grows([100, 160, 90, 120, 80, 150, 110, 130, 100])
    assert grows([100, 200, 300, 400, 500, 600])
    assert not grows([])


def test_a_ratio_above_one_is_better_whichever_way_better_is() -> None:
    slower, faster = Peer("slower", 50, "here"), Peer("faster", 200, "there")
    more = Result("rate", 100, "1/s", "higher", (slower, faster))
    assert more.best_peer() == faster
    assert more.as_json() == {
        "name": "rate",
        "value": 100,
        "unit": "1/s",
        "better": "higher",
        "peer": "faster",
        "peer_value": 200,
        "ratio": 0.5,
        "peer_remark": "there",
    }
    less = Result("time", 100, "s", "lower", (slower, faster))
    assert less.best_peer() == slower
    assert less.ratio_to(faster) == 2
    assert "peer" not in Result("alone", 1, "s", "lower").as_json()

"""A name server on loopback that answers from a zone, by UDP; the zone can be changed while it runs."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


class Zone:
    """Records by name and type in presentation form. A name in ``broken`` gets SERVFAIL; one in ``silent`` no answer."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.broken: set[str] = set()
        self.silent: set[str] = set()
        self.questions: list[tuple[str, str]] = []

    def put(self, name: str, kind: str, *data: str) -> None:
        self.records[name.lower(), kind] = list(data)

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        [question] = query.question
        name, kind = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.questions.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.silent:
            return None
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply.to_wire()
        self._fill(reply, name, kind)
        return reply.to_wire()

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        for _ in range(8):
            if (name, kind) in self.records:
                reply.answer.append(_rrset(name, kind, self.records[name, kind]))
                return
            if (name, "CNAME") not in self.records:
                break
            reply.answer.append(_rrset(name, "CNAME", self.records[name, "CNAME"]))
            [target] = self.records[name, "CNAME"]
            name = target.rstrip(".").lower()
        if not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


class NameServer:
    def __init__(self, zone: Zone) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, answering = self.request
                reply = zone.answer(data)
                if reply is not None:
                    answering.sendto(reply, self.client_address)

        self.zone = zone
        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    @contextmanager
    def running(self) -> Iterator["NameServer"]:
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _rrset(name: str, kind: str, data: list[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(dns.name.from_text(name), 300, dns.rdataclass.IN, kind, data)

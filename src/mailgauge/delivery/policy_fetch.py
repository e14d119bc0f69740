"""Fetches the MTA-STS policy of a domain over HTTPS (RFC 8461 section 3.3). What it says is read elsewhere.

The server is a stranger's: its size, time and place are limited, and nothing it redirects to is visited.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailgauge.base.internet import is_public
from mailgauge.delivery.hosts import addresses_of
from mailgauge.delivery.mta_sts import PolicyError
from mailgauge.dns.answers import Resolver

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 64_000
TIMEOUT = 10.0
"""Seconds for all of it: mail waits for the answer."""
_PATH = "/.well-known/mta-sts.txt"


@dataclass(slots=True)
class PolicyFetcher:
    """``trusting`` replaces the system's trusted certificates, ``port`` that of HTTPS; ``allow_private`` as in MxRouter."""

    resolver: Resolver
    ipv6: bool = True
    allow_private: bool = False
    trusting: ssl.SSLContext | None = None
    port: int = 443
    timeout: float = TIMEOUT

    async def fetch(self, domain: str) -> str:
        """The policy file. Raises PolicyError."""
        try:
            async with asyncio.timeout(self.timeout):
                return await self._fetch(f"mta-sts.{domain}")
        except TimeoutError:
            raise PolicyError(f"mta-sts.{domain} took more than {self.timeout:g} s") from None

    async def _fetch(self, host: str) -> str:
        addresses = await self._addresses(host)
        # The first use loads httpx and the trusted certificates, which takes longer than many an answer.
        client = await asyncio.to_thread(self._client)
        async with client:
            for address in addresses[:-1]:
                try:
                    return await self._get(client, host, address)
                except _NotReachedError:
                    continue
            return await self._get(client, host, addresses[-1])

    async def _addresses(self, host: str) -> list[str]:
        """One of each family, so that a broken IPv6 costs no policy. Raises PolicyError."""
        found = await addresses_of(self.resolver, host, ipv6=self.ipv6)
        usable = [
            [each for each in family if self.allow_private or is_public(each)][:1]
            for family in (found.ipv6, found.ipv4)
        ]
        if not any(usable):
            raise PolicyError(f"{host} has no address{' of the Internet' if found.all else ''}")
        return [address for family in usable for address in family]

    def _client(self) -> "httpx.AsyncClient":
        import httpx

        self.trusting = self.trusting or ssl.create_default_context()
        return httpx.AsyncClient(verify=self.trusting, trust_env=False, timeout=self.timeout)

    async def _get(self, client: "httpx.AsyncClient", host: str, address: str) -> str:
        """Asks the address that was checked: were the name given, it might mean another by now."""
        import httpx

        place = f"[{address}]" if ":" in address else address
        try:
            async with client.stream(
                "GET",
                f"https://{place}:{self.port}{_PATH}",
                headers={"Host": host, "Accept-Encoding": "identity"},
                extensions={"sni_hostname": host},
            ) as response:
                return await _text(response, host)
        except httpx.ConnectError as error:
            raise _NotReachedError(f"{host} at {address}: {error}") from error
        except (httpx.HTTPError, OSError) as error:
            raise PolicyError(f"{host} at {address}: {error or type(error).__name__}") from error


class _NotReachedError(PolicyError):
    """Another address may answer."""


async def _text(response: "httpx.Response", host: str) -> str:
    if response.status_code != 200:  # redirects among them (section 3.3)
        raise PolicyError(f"{host} answered with status {response.status_code}")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/plain" or response.headers.get("content-encoding", "identity") != "identity":
        raise PolicyError(f"{host} answered with {kind or 'no type'}, not with plain text")
    body = bytearray()
    async for piece in response.aiter_raw(4096):
        body += piece
        if len(body) > MOST_BYTES:
            raise PolicyError(f"{host} answered with more than {MOST_BYTES} bytes")
    return body.decode("utf-8", "replace")

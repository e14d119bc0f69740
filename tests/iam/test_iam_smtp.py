"""SMTP logins: Amazon's derivation of passwords, the Region that follows from one, and who is refused."""

from pathlib import Path

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.iam import keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import MasterKey
from mailgauge.iam.smtp_login import Login, Open, Verified
from mailgauge.iam.smtp_passwords import Passwords, derive
from mailgauge.store.sqlite import SqliteStore

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
VECTORS = {
    "us-east-1": "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9",
    "us-west-2": "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd",
    "eu-west-1": "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk",
}


@pytest.mark.parametrize(("region", "password"), VECTORS.items())
def test_a_password_is_derived_as_amazon_does_it(region: str, password: str) -> None:
    assert derive(SECRET, region) == password


def test_the_region_follows_from_the_password() -> None:
    passwords = Passwords(REGIONS)
    for region, password in VECTORS.items():
        assert passwords.region_of(SECRET, password) == region
    for wrong in ("", SECRET, derive(SECRET, "eu-central-1"), derive("other", "us-east-1"), "\ud800"):
        assert passwords.region_of(SECRET, wrong) is None


async def test_only_a_key_in_use_logs_in_and_goes_on(tmp_path: Path) -> None:
    master = MasterKey.load_or_create(tmp_path / "master.key")
    store = SqliteStore.open(tmp_path / "mail.db", [SCHEMA])
    clock = ManualClock()
    made = await store.write(
        lambda tx: keys.create(
            tx, master, account="111122223333", user_name="shop", policy=Policy.SEND, now=1.0
        )
    )
    key_id = made.key.access_key_id
    logins = Verified(ActiveKeys(store, master, clock), REGIONS)
    right = derive(made.secret, "eu-west-1")
    login = await logins.log_in(key_id, right)
    assert login == Login(Scope("111122223333", "eu-west-1"), "shop", key_id, Policy.SEND)
    assert await logins.still(login)
    for name, password in ((key_id, "wrong"), ("AKIDUNKNOWN", right), ("", ""), (key_id, made.secret)):
        assert await logins.log_in(name, password) is None
    await store.write(lambda tx: keys.disable(tx, key_id, 2.0))
    clock.step(2)
    assert await logins.log_in(key_id, right) is None
    assert not await logins.still(login)
    store.close()


@pytest.mark.parametrize(
    ("name", "password", "account", "region"),
    [
        ("111122223333", "anything", "111122223333", "us-east-1"),
        ("AKIDEXAMPLE", "", "000000000000", "us-east-1"),
        ("test", "eu-west-1", "000000000000", "eu-west-1"),
        ("test", "mars-east-1", "000000000000", "us-east-1"),
    ],
)
async def test_the_open_mode_takes_a_login_at_its_word(
    name: str, password: str, account: str, region: str
) -> None:
    login = await Open(REGIONS).log_in(name, password)
    assert login is not None
    assert login.scope == Scope(account, region)
    assert login.policy is Policy.FULL

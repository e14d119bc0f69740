import stat
from pathlib import Path

import pytest

from mailgauge.iam.secrets import MasterKey, MasterKeyError, key_file


def test_the_first_start_makes_a_key_that_only_its_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    sealed = MasterKey.load_or_create(path).seal(b"secret", "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["master.key"]
    assert MasterKey.load_or_create(path).open(sealed, "a") == b"secret"


def test_a_secret_is_not_readable_in_what_is_stored(tmp_path: Path) -> None:
    master = MasterKey.load_or_create(tmp_path / "k")
    assert b"secret" not in master.seal(b"secret", "a")
    assert master.seal(b"secret", "a") != master.seal(b"secret", "a")


def test_a_secret_opens_only_where_it_belongs(tmp_path: Path) -> None:
    master = MasterKey.load_or_create(tmp_path / "k")
    sealed = master.seal(b"secret", "access-key/A")
    for wrong in (sealed[:-1] + b"x", b"\x02" + sealed[1:], sealed[:5], b""):
        with pytest.raises(MasterKeyError, match="not sealed by this master key"):
            master.open(wrong, "access-key/A")
    with pytest.raises(MasterKeyError):
        master.open(sealed, "access-key/B")
    with pytest.raises(MasterKeyError):
        MasterKey.load_or_create(tmp_path / "other").open(sealed, "access-key/A")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    MasterKey.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(MasterKeyError, match=f"may be read by others .mode {mode:04o}.: run chmod 600"):
        MasterKey.load_or_create(path)


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "00" * 33])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(MasterKeyError):
        MasterKey.load(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="can't be written to"):
        MasterKey.load_or_create(tmp_path / "missing" / "master.key")


def test_the_key_lies_in_the_data_directory_unless_configured(tmp_path: Path) -> None:
    assert key_file(tmp_path, None) == tmp_path / "master.key"
    assert key_file(tmp_path, "/run/secrets/key") == Path("/run/secrets/key")


def test_a_derived_key_lasts_as_long_as_the_master_key_and_serves_one_purpose(tmp_path: Path) -> None:
    derived = MasterKey.load_or_create(tmp_path / "k").derive("return-path")
    assert len(derived) == 32
    assert MasterKey.load_or_create(tmp_path / "k").derive("return-path") == derived
    assert MasterKey.load_or_create(tmp_path / "k").derive("console-session") != derived
    assert MasterKey.load_or_create(tmp_path / "other").derive("return-path") != derived

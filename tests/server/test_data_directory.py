"""The data directory and its lock, and the addresses a service listens on."""

from pathlib import Path

import pytest

from mailgauge.config.addresses import AddressError
from mailgauge.server.data import DataDirectory, DataDirectoryError, Lock
from mailgauge.server.http import bind, require_loopback


def test_a_second_process_tree_is_kept_out_and_told_who_is_in(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    lock = Lock(directory)
    with pytest.raises(DataDirectoryError, match=r"in use by another Mailgauge \(process \d+\)"):
        Lock(directory)
    lock.release()
    Lock(directory).release()


def test_the_directory_is_its_owners_alone(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "a" / "b")
    directory.create()
    assert directory.path.stat().st_mode & 0o077 == 0


def test_a_directory_without_data_is_no_installation(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match="holds no Mailgauge data"):
        DataDirectory(tmp_path).must_exist()


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(DataDirectoryError, match="lock can't be opened: Is a directory"):
        Lock(DataDirectory(tmp_path))


def test_a_port_in_use_is_named_with_what_to_change() -> None:
    first = bind("127.0.0.1:0")
    try:
        with pytest.raises(
            AddressError, match=r"can't listen on 127.*in use.*--listen or MAILGAUGE_SERVER_LISTEN"
        ):
            bind(f"127.0.0.1:{first.getsockname()[1]}")
    finally:
        first.close()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.9.9.9:1"])
def test_the_open_mode_may_listen_on_loopback(address: str) -> None:
    require_loopback("listen", address)


@pytest.mark.parametrize("address", ["0.0.0.0:1", "192.0.2.1:1", "[::]:1", "example.com:1"])
def test_the_open_mode_listens_nowhere_else(address: str) -> None:
    with pytest.raises(AddressError, match="loopback only"):
        require_loopback("listen", address)

from mailgauge.mail.message_tags import parse_message_tags


def test_pairs_are_read_in_order_and_broken_ones_ignored() -> None:
    assert parse_message_tags("a=1, b=2,c = x=y, broken, =z, d=, a=3") == [
        ("a", "1"),
        ("b", "2"),
        ("c", "x=y"),
        ("a", "3"),
    ]
    assert parse_message_tags("") == []

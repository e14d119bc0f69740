"""The header form of message tags: ``X-SES-MESSAGE-TAGS: name1=value1, name2=value2``.

Pairs that are no pairs are left out. It does not check characters or lengths: a tag given by header is never refused.
"""

MESSAGE_TAGS = "X-SES-MESSAGE-TAGS"
CONFIGURATION_SET = "X-SES-CONFIGURATION-SET"
SOURCE_ARN = "X-SES-SOURCE-ARN"
FROM_ARN = "X-SES-FROM-ARN"
RETURN_PATH_ARN = "X-SES-RETURN-PATH-ARN"


def parse_message_tags(value: str) -> list[tuple[str, str]]:
    """Name and value pairs in their order, a name given twice stays twice."""
    tags = []
    for pair in value.split(","):
        name, equals, tag_value = pair.partition("=")
        name, tag_value = name.strip(), tag_value.strip()
        if equals and name and tag_value:
            tags.append((name, tag_value))
    return tags

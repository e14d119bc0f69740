"""Opens and clicks: links and pixels in outgoing mail, and what answers when they are visited."""

"""Event destinations of a configuration set: what they are, their immutable versions, and the dimensions they publish.

It resolves what an event would publish and where; the publishing itself is done by those who own the target.
"""

"""Alarm actions: what a change of state sets going, kept in an outbox until it is done and noted in the history.

What an action does is given from outside, by kind; nothing here sends anything.
"""

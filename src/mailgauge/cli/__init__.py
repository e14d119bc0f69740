"""The command line: ``serve``, ``local``, ``demo``, ``keys``, ``audit``, ``doctor``. It parses, starts and prints; no rules here."""

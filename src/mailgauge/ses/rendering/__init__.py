"""Rendering templates: Handlebars.js itself, in an engine with limits, in a process of its own. It knows nothing of mail."""

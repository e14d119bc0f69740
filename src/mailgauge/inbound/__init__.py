"""Mail that comes back: complaints, bounces and automatic replies to the return paths of our messages."""

"""One exchange: what was sent, what was forwarded, what came back, and what of it is still there."""

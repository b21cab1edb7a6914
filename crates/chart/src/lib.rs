//! Numbers to SVG: every picture Tidewheel draws.

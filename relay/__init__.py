"""The gateway: doors, flow, steps. See docs/architecture.md."""

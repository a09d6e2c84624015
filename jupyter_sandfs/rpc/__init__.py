"""What the Jupyter Server, the tree browser and others ask of the sandboxes in a kernel: messages and a dispatcher.

No I/O here: a transport (unix socket, control channel, comm) turns bytes into a `Request`, calls `Dispatcher.handle`,
and turns the `Reply` into bytes.
"""

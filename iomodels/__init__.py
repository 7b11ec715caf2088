"""iomodels: prove, compare and migrate I/O models. The toolkit; it imports no variant, it starts them as programs."""

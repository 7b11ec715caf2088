"""Services that cases put into the server under test, by `--service iomodels.contract.services.NAME:service`.

They run in the server's process, which has `models` on its path. The toolkit itself never imports them.
"""

# corpus
#   what: thread for each connection, acceptor and worker in two modules of a package
#   service: lines
#   run: PYTHONPATH={folder}/.. -m threads_package {port}
#   unit: Acceptor server threads
#   unit: Worker server threads
#   finds: IOM102 IOM106
# /corpus
import sys

from . import __version__
from .acceptor import Acceptor


def main():
    if "--version" in sys.argv:
        print(__version__)
        return
    Acceptor("127.0.0.1", int(sys.argv[1])).serve()


main()

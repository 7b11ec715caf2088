# corpus
#   what: smtpd.SMTPServer with process_message, that refuses some and keeps the others in files when it is told where
#   service: own
#   run: {file} {port}
#   python: -3.11
#   unit: MailSink server asyncore
#   finds: IOM117 IOM211
# /corpus
"""SMTP server for tests of programs that send mail. smtpd_counter.py PORT [DIRECTORY]

Mail from anybody to anybody is taken, but for recipients whose name begins with `nobody`. Each one is told on standard
output, and stored as DIRECTORY/0001.eml, 0002.eml, ... if there is one.
"""

import asyncore
import email
import os
import smtpd
import sys


class MailSink(smtpd.SMTPServer):
    directory = None
    number = 0

    def process_message(self, peer, mailfrom, rcpttos, data, **kwargs):
        refused = [r for r in rcpttos if r.startswith('nobody')]
        if refused:
            return '550 no such user: %s' % ', '.join(refused)
        self.number += 1
        subject = email.message_from_bytes(data).get('Subject', '')
        print('%d %s -> %s: %s (%d bytes)' % (self.number, mailfrom, ','.join(rcpttos), subject, len(data)))
        sys.stdout.flush()
        if self.directory:
            with open(os.path.join(self.directory, '%04d.eml' % self.number), 'wb') as f:
                f.write(data)
        return None


if __name__ == '__main__':
    if len(sys.argv) > 2:
        MailSink.directory = sys.argv[2]
    sink = MailSink(('127.0.0.1', int(sys.argv[1])), None, data_size_limit=1 << 20)
    try:
        asyncore.loop(timeout=1)
    except KeyboardInterrupt:
        sink.close()

"""Close codes of sockets: those of the page and those of programs that mean the same."""

SIGNED_OUT = 4001  # or let in no more, by whatever they came
RESTART = 4012  # of this process, or of what it needs: come back
TOO_SLOW = 4013
TOO_MANY = 4029  # connections or messages
BAD_REQUEST = 4400
NOT_FOUND = 4404

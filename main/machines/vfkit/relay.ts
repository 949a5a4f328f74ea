import type { Command } from '../command.ts'

/** After one side has said all, the other has so many seconds for the rest; socat's own half second cuts off a slow answer. */
const answerSeconds = 60

/** Passes what comes to a Unix socket on to one address of this host. */
export const relayCommand = (socat: string, socket: string, target: string): Command => [
  socat,
  '-t',
  String(answerSeconds),
  `UNIX-LISTEN:${socket},fork,mode=0600`,
  target,
]

import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'

/**
 * A process that serves one text over HTTP, or, called with `dns`, answers questions with addresses.
 * Arguments: `http ADDRESS PORT TEXT` or `dns ADDRESS PORT ANSWER[,NAME=ANSWER...]`: the first is for every other name. Prints
 * `ready` once it listens.
 */
const [kind, address = '', port = '', answer = ''] = process.argv.slice(2)
const ready = () => process.stdout.write('ready\n')

if (kind === 'dns') {
  const socket = createSocket('udp4')
  socket.on('message', (question, { port: from, address: to }) => {
    socket.send(answerTo(question), from, to)
  })
  socket.bind(Number(port), address, ready)
} else {
  createServer((_, response) => response.end(`${answer}\n`)).listen(Number(port), address, ready)
}

function addressOf(name: string): string {
  const [anything = '', ...named] = answer.split(',')
  return named.map((pair) => pair.split('=')).find(([of]) => of === name)?.[1] ?? anything
}

/** The question with one A record after it; the name of the record points back to the question's. */
function answerTo(question: Buffer): Buffer {
  const header = Buffer.from(question.subarray(0, 12))
  header.writeUInt16BE(0x8180, 2)
  header.writeUInt16BE(1, 6)
  header.writeUInt32BE(0, 8)
  const end = question.indexOf(0, 12) + 5
  const isAddress = question.readUInt16BE(end - 4) === 1
  if (!isAddress) header.writeUInt16BE(0, 6)
  const address = addressOf(question.toString('latin1', 13, end - 5).replace(/[^a-z]/g, '.'))
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)])
  return Buffer.concat([header, question.subarray(12, end), ...(isAddress ? [record] : [])])
}

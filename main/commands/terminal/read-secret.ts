import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** No secret is longer; what goes on beyond it is none. */
const limitBytes = 64 * 1024

/**
 * What standard input holds, without its last line break; from a person at a terminal, one line that is not shown. Never from an
 * argument, which every user of the host could read.
 */
export async function readSecret(question: string): Promise<string> {
  return process.stdin.isTTY ? await askUnseen(question) : await readAll()
}

async function readAll(): Promise<string> {
  let text = ''
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += piece
    if (text.length > limitBytes) break
  }
  return text.replace(/\r?\n$/, '')
}

async function askUnseen(question: string): Promise<string> {
  // The terminal shows nothing by itself once it is readline's, which writes what is typed into this.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  using lines = createInterface({ input: process.stdin, output: unseen, terminal: true, historySize: 0 })
  try {
    process.stderr.write(question)
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    return (await Promise.race([lines.question(''), ended])).trim()
  } finally {
    process.stderr.write('\n')
  }
}

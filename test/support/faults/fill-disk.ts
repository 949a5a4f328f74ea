import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JsonLinesFile } from '../../../main/lib/files/json-lines.ts'

/** On a file system that is small and full but for a few kilobytes: appends until no line fits, makes room, appends again. */
const [folder = ''] = process.argv.slice(2)
const path = join(folder, 'events.jsonl')
const ballast = join(folder, 'ballast')
const { file } = await JsonLinesFile.open(path)
await writeFile(ballast, Buffer.alloc(64 * 1024))
let written = 0
let refusal = ''
while (refusal === '') {
  try {
    await file.append({ number: written, text: 'x'.repeat(3_000) })
    written += 1
  } catch (error) {
    refusal = (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
const whenFull = await readFile(path, 'utf8')
await rm(ballast)
await file.append({ number: written })
const after = await readFile(path, 'utf8')
console.log(JSON.stringify({ refusal, written, whenFull, after }))

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const isText = /\.(?:js|css|html)$/

/** Puts `FILE.br` and `FILE.gz` beside each script, style sheet and document that was built, for `main/window/page-files.ts` to send. */
export function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = '' }, files) {
      const names = Object.keys(files).filter((name) => isText.test(name))
      await Promise.all(names.map((name) => compressBeside(join(dir, name))))
    },
  }
}

async function compressBeside(path: string): Promise<void> {
  const bytes = await readFile(path)
  // The last two steps of brotli save two in a hundred, and take ten times as long.
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }
  const codings = {
    br: await promisify(brotliCompress)(bytes, best),
    gz: await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  }
  for (const [ending, smaller] of Object.entries(codings))
    if (smaller.length < bytes.length) await writeFile(`${path}.${ending}`, smaller)
}

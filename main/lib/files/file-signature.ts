import { statSync } from 'node:fs'

/** Differs whenever the file may say something else. A file that changed less than a clock tick ago (4 ms on most Linux kernels) may change once more with the same. */
export function fileSignature(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : 'none'
}

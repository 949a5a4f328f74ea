import type { Failure } from '../../../../main/core/failure.ts'
import { type ReadConsole, readRange } from '../../../stores/console-feed.ts'
import { showFailure } from '../../../stores/notices.ts'

/** Gives the whole console as a file, byte for byte as it is now. */
export async function saveConsole(id: string, read: ReadConsole): Promise<void> {
  try {
    const pieces = await readRange(read, 0, Number.MAX_SAFE_INTEGER, new AbortController().signal)
    const url = URL.createObjectURL(new Blob([...pieces], { type: 'application/octet-stream' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `console-${id}.log`
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  } catch (failure) {
    showFailure(failure as Failure)
  }
}

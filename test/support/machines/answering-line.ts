import type { Machine } from '../../../main/machines/driver.ts'

/** Of a bare guest: until its clone has `go`, it answers each line that comes over the machine's own line. */
export const answersUntilGo = `
port=$(grep -lx microvm.attach /sys/class/virtio-ports/*/name); port=\${port%/name}
exec 3<>/dev/\${port##*/}; echo ready
until [ -f /workspace/repo/go ]; do if read -t 1 -r line <&3; then echo "heard $line" >&3; else sleep 0.1; fi; done
`

/** Resolves with what such a guest says to a word. */
export async function answerOf(machine: Machine | undefined, word: string): Promise<string> {
  const line = await machine?.openLine?.(AbortSignal.timeout(10_000))
  line?.write(`${word}\n`)
  let heard = ''
  for await (const chunk of line ?? []) {
    heard += String(chunk)
    if (heard.endsWith('\n')) break
  }
  return heard
}

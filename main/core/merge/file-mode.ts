/** Git's modes: 100644 and 100755 are files, 120000 links, 160000 submodules, 000000 nothing. */
const kinds: Readonly<Record<string, string>> = {
  '100644': 'file',
  '100755': 'executable',
  '120000': 'link',
  '160000': 'submodule',
}

/** What a change of mode means to a person; null where nothing but an ordinary file is concerned. Pure. */
export function modeText(oldMode: string, newMode: string): string | null {
  const [before, after] = [kinds[oldMode], kinds[newMode]]
  if (before === undefined || after === undefined || before === after) {
    const only = after ?? before ?? `mode ${newMode}`
    if (before === undefined && after === 'executable') return 'new, executable'
    return only === 'file' || only === 'executable' ? null : only
  }
  const isFile = [before, after].every((kind) => kind === 'file' || kind === 'executable')
  return isFile ? `mode ${oldMode.slice(3)} → ${newMode.slice(3)}` : `${before} → ${after}`
}

/** A commit as git stores it; every string is latin1, so that its bytes survive whatever encoding they are in. */
export interface CommitObject {
  readonly tree: string
  readonly parents: readonly string[]
  /** `Name <email> seconds zone`. */
  readonly author: string
  readonly committer: string
  /** Further header lines with their continuations: encoding, but no signature, which a changed commit cannot keep. */
  readonly extra: readonly string[]
  readonly message: string
}

/** @throws when the text is no commit; git has checked it before. */
export function parseCommit(raw: string): CommitObject {
  const end = raw.indexOf('\n\n')
  const head = end < 0 ? raw.replace(/\n$/, '') : raw.slice(0, end)
  const fields = head.split(/\n(?! )/).map((line) => {
    const space = line.indexOf(' ')
    return { name: line.slice(0, space), value: line.slice(space + 1), line }
  })
  const one = (name: string) => {
    const found = fields.find((field) => field.name === name)
    if (!found) throw new Error(`A commit without ${name}`)
    return found.value
  }
  const parents = fields.slice(1)
  const afterParents = parents.findIndex(({ name }) => name !== 'parent')
  const known = new Set(['tree', 'parent', 'author', 'committer', 'gpgsig', 'gpgsig-sha256', 'mergetag'])
  return {
    tree: one('tree'),
    // Right behind the tree, as git reads them: a line of that name further down makes no commit a parent.
    parents: parents.slice(0, Math.max(0, afterParents)).map(({ value }) => value),
    author: one('author'),
    committer: one('committer'),
    extra: fields.filter((field) => !known.has(field.name)).map((field) => field.line),
    message: end < 0 ? '' : raw.slice(end + 2),
  }
}

export function formatCommit(commit: CommitObject): string {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${commit.author}`,
    `committer ${commit.committer}`,
    ...commit.extra,
  ]
  return `${lines.join('\n')}\n\n${commit.message}`
}

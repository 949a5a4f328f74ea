import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { commitOf, entry, git, gitFolder, link, object, type Place, pipe, put, tip } from './place.ts'
import type { Random } from './random.ts'

/** One thing that an agent can do to its clone before the host reads it. */
export interface Harm {
  readonly name: string
  readonly act: (place: Place) => void
}

const blob = (place: Place, content: string | Buffer = 'text\n') => object(place, 'blob', content)
const tree = (place: Place, ...entries: readonly Buffer[]) => object(place, 'tree', Buffer.concat(entries))
const touch = ({ outside }: Place) => `touch '${join(outside, 'ran')}'`

const names: readonly (string | Buffer)[] = [
  '..',
  '.',
  '.git',
  '.GIT',
  '.Git',
  'git~1',
  '.git.',
  '.git ',
  '.g\u200cit',
  '.microvm',
  '.MicroVM',
  'a/b',
  '/etc',
  'new\nline',
  '\n'.repeat(250),
  '-rf',
  '--exec=touch ran',
  '$(touch ran)',
  'con',
  'x'.repeat(255),
  'x'.repeat(4_000),
  Buffer.from([0xff, 0xfe, 0xc0]),
  Buffer.from([0xed, 0xa0, 0x80]),
  '\u001b[2J\u202e',
  '.gitmodules',
  '.gitattributes',
]

const inGit = [
  'HEAD',
  'config',
  'index',
  'packed-refs',
  'objects',
  'refs',
  'refs/heads',
  'objects/pack',
  'logs',
  'info',
  'shallow',
] as const

const harms = {
  'a link in place of a part of .git': (place) => link(gitFolder(place, place.random.of(inGit)), place.outside),
  'a link to a file of the host in place of a part of .git': (place) =>
    link(gitFolder(place, place.random.of(inGit)), join(place.outside, 'marker')),
  'a pipe in place of a part of .git': (place) => pipe(gitFolder(place, place.random.of(inGit))),
  'a part of .git gone': (place) => rmSync(gitFolder(place, place.random.of(inGit)), { recursive: true, force: true }),
  'bytes in place of a part of .git': (place) =>
    put(gitFolder(place, place.random.of(inGit)), place.random.bytes(place.random.of([0, 1, 60, 3_000]))),
  'a .git that leads elsewhere': (place) => put(join(place.clone, '.git'), `gitdir: ${place.outside}\n`),
  'a .git that is a link': (place) => link(join(place.clone, '.git'), place.outside),
  alternates: (place) => put(gitFolder(place, 'objects/info/alternates'), `${place.outside}\n../../../..\n`),
  commondir: (place) => put(gitFolder(place, 'commondir'), `${place.outside}\n`),
  grafts: (place) => put(gitFolder(place, 'info/grafts'), `${place.start} ${place.start}\n`),
  'links in the work tree': (place) => {
    for (const [name, target] of Object.entries({
      out: place.outside,
      root: '/',
      self: 'self',
      up: '..',
      dead: '/nonexistent/x',
    }))
      link(join(place.clone, name), target)
  },
  'a hard link to a file of the host': (place) => {
    rmSync(join(place.clone, 'hard'), { force: true })
    linkSync(join(place.outside, 'linked'), join(place.clone, 'hard'))
  },
  'names of bytes in the work tree': (place) => {
    for (const name of [
      Buffer.from([0x61, 0xff, 0xfe]),
      Buffer.from('new\nline'),
      Buffer.from('\u001b[2J'),
      Buffer.alloc(255, 0x78),
    ])
      writeFileSync(Buffer.concat([Buffer.from(`${place.clone}/`), name]), 'x')
  },
  'folders deeper than any path': (place) =>
    void execFileSync('perl', [
      '-e',
      'chdir $ARGV[0]; for (1..30) { mkdir "d" x 250; chdir "d" x 250 or last } for my $i (1..300) { mkdir(("b" x 240) . $i) }',
      place.clone,
    ]),
  'many folders': (place) => {
    for (let at = 0; at < 2_000; at++) mkdirSync(join(place.clone, `many-${at}`), { recursive: true })
  },
  'pipes and sockets in the work tree': (place) => {
    for (const name of ['pipe', '.gitignore', '.gitattributes', 'deep/.gitignore']) pipe(join(place.clone, name))
    execFileSync('perl', [
      '-MSocket',
      '-e',
      'socket(S, PF_UNIX, SOCK_STREAM, 0); chdir $ARGV[0]; bind(S, sockaddr_un("s"))',
      place.clone,
    ])
  },
  'a device': (place) => {
    try {
      execFileSync('mknod', [join(place.clone, 'zero'), 'c', '1', '5'], { stdio: 'ignore' })
    } catch {
      put(join(place.clone, 'zero'), 'Only root makes devices.\n')
    }
  },
  'folders that nobody may read': (place) => {
    put(join(place.clone, 'closed/file'), 'x')
    chmodSync(join(place.clone, 'closed'), 0)
  },
  'times beyond all reason': (place) => {
    put(join(place.clone, 'old'), 'x')
    const time = place.random.of([-1, 2 ** 31, 2 ** 33, 253_402_300_800])
    lutimesSync(join(place.clone, 'old'), time, time)
  },
  'a sparse file': (place) =>
    // Most of them small: git reads every byte of it.
    void execFileSync('truncate', ['-s', place.random.below(8) === 0 ? '3G' : '20M', join(place.clone, 'sparse')]),
  'patterns beyond all measure': (place) =>
    put(join(place.clone, place.random.of(['.gitignore', '.gitattributes'])), `${'*a'.repeat(500)}b\n`.repeat(200)),
  'a repository in the work tree': (place) => {
    git(place, ['init', '--quiet', 'inner'])
    put(join(place.clone, 'inner/.git/config'), `[core]\n\tfsmonitor = "${touch(place)}"\n`)
    put(join(place.clone, 'inner/file'), 'x')
  },
  'programs in the settings': (place) =>
    appendFileSync(
      place.random.of([gitFolder(place, 'config'), join(place.clone, '.gitconfig')]),
      `\n[core]\n\tfsmonitor = "${touch(place)}"\n\thooksPath = hooks\n\tsshCommand = "${touch(place)}"\n\teditor = "${touch(place)}"\n\tpager = "${touch(place)}"\n[filter "x"]\n\tclean = "${touch(place)}"\n\tsmudge = "${touch(place)}"\n[include]\n\tpath = ${place.outside}/marker\n`,
    ),
  'filters for every file': (place) =>
    put(join(place.clone, '.gitattributes'), '* filter=x diff=x merge=x text working-tree-encoding=UTF-16\n'),
  hooks: (place) => {
    for (const name of [
      'post-checkout',
      'pre-commit',
      'reference-transaction',
      'post-index-change',
      'fsmonitor-watchman',
    ]) {
      put(gitFolder(place, 'hooks', name), `#!/bin/sh\n${touch(place)}\n`)
      chmodSync(gitFolder(place, 'hooks', name), 0o755)
    }
  },
  submodules: (place) => {
    put(
      join(place.clone, '.gitmodules'),
      `[submodule "a"]\n\tpath = ${place.random.of(['a', '../a', '-x', '.git/modules'])}\n\turl = ext::sh -c ${touch(place)}\n\tupdate = !${touch(place)}\n`,
    )
    tip(
      place,
      commitOf(
        place,
        tree(
          place,
          entry('100644', '.gitmodules', blob(place, '[submodule "a"]\n\tpath = a\n\turl = -u./x\n')),
          entry('160000', 'a', place.start),
        ),
      ),
    )
  },
  'LFS pointers': (place) => {
    const oid = place.random.of(['0'.repeat(64), '../../../../etc/passwd', 'f'.repeat(64)])
    put(join(place.clone, '.gitattributes'), '*.bin filter=lfs diff=lfs merge=lfs -text\n')
    put(
      join(place.clone, 'a.bin'),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${place.random.of(['-1', '1e400', '99999999999999999999', '5'])}\n`,
    )
    link(gitFolder(place, 'lfs/objects/00/00', '0'.repeat(64)), join(place.outside, 'marker'))
    put(join(place.clone, '.lfsconfig'), '[lfs]\n\turl = http://127.0.0.1:1/\n')
  },
  'a tree with a name that no tree has': (place) =>
    tip(place, commitOf(place, tree(place, entry('100644', place.random.of(names), blob(place))))),
  'a folder with such a name': (place) =>
    tip(
      place,
      commitOf(
        place,
        tree(
          place,
          entry('40000', place.random.of(names), tree(place, entry('100755', place.random.of(names), blob(place)))),
        ),
      ),
    ),
  'a tree with a mode that no tree has': (place) =>
    tip(
      place,
      commitOf(
        place,
        tree(
          place,
          entry(place.random.of(['0', '100666', '777', '60000', '20000', '4', '99999999']), 'file', blob(place)),
        ),
      ),
    ),
  'a name twice in a tree': (place) =>
    tip(
      place,
      commitOf(
        place,
        tree(place, entry('100644', 'same', blob(place)), entry('120000', 'same', blob(place, place.outside))),
      ),
    ),
  'a link and a file below it': (place) =>
    tip(
      place,
      commitOf(
        place,
        tree(
          place,
          entry('120000', 'dir', blob(place, place.outside)),
          entry('40000', 'dir', tree(place, entry('100644', 'marker', blob(place)))),
        ),
      ),
    ),
  'two names that fold together': (place) =>
    tip(
      place,
      commitOf(
        place,
        tree(place, entry('100644', 'README', blob(place, 'a')), entry('100644', 'readme', blob(place, 'b'))),
      ),
    ),
  'a tree that is no tree': (place) => tip(place, commitOf(place, object(place, 'tree', place.random.bytes(200)))),
  'a tree of trees without end': (place) => {
    let inner = tree(place, entry('100644', 'leaf', blob(place)))
    for (let depth = 0; depth < place.random.of([12, 60]); depth++)
      inner = tree(
        place,
        ...Array.from({ length: place.random.of([2, 10]) }, (_, at) => entry('40000', `t${at}`, inner)),
      )
    tip(place, commitOf(place, inner))
  },
  'a deep tree of long names': (place) => {
    const leaf = blob(place)
    let inner = tree(
      place,
      ...Array.from({ length: 300 }, (_, at) => entry('100644', `f${String(at).padStart(4, '0')}`, leaf)),
    )
    for (let depth = 0; depth < 20; depth++)
      inner = tree(place, entry('40000', place.random.of(['d', '\n']).repeat(3_000), inner))
    tip(place, commitOf(place, inner))
  },
  'a long message': (place) =>
    tip(
      place,
      commitOf(
        place,
        git(place, ['rev-parse', `${place.start}^{tree}`]),
        place.random.of(['a', '\n', '\0', 'ä']).repeat(place.random.of([1e5, 2e7])),
      ),
    ),
  'a date or a name beyond all reason': (place) =>
    tip(
      place,
      commitOf(
        place,
        git(place, ['rev-parse', `${place.start}^{tree}`]),
        'Work\n',
        place.random.of([
          'A <a@b> 99999999999999999999 +0000',
          'A <a@b> -1 +0000',
          'A <a@b> 1700000000 +9999',
          ' <> 1 +0000',
          'no brackets',
          `${'A'.repeat(2e5)} <a@b> 1 +0000`,
          'A\u0001<<a@b>> 1 x',
        ]),
      ),
    ),
  'a commit that is none': (place) =>
    tip(
      place,
      object(
        place,
        'commit',
        place.random.of([
          place.random.bytes(300),
          Buffer.from(''),
          Buffer.from(`tree ${place.start}\n\n`),
          Buffer.from('tree x\nparent y\n'),
        ]),
      ),
    ),
  'thousands of parents': (place) => {
    const parents = Array.from({ length: 5_000 }, () => `parent ${place.start}\n`).join('')
    const who = 'Agent <agent@example.com> 1700000000 +0000'
    tip(
      place,
      object(
        place,
        'commit',
        `tree ${git(place, ['rev-parse', `${place.start}^{tree}`])}\n${parents}author ${who}\ncommitter ${who}\n\nWork\n`,
      ),
    )
  },
  'a history of thousands': (place) => {
    const step = (at: number) =>
      `commit refs/heads/task-${place.taskId}\ncommitter A <a@b> ${1_700_000_000 + at} +0000\ndata 1\nx\n${at === 0 ? `from ${place.start}\n` : ''}M 100644 inline f${at % 50}\ndata 5\n${String(at).padStart(5, '0')}\n`
    git(place, ['fast-import', '--quiet', '--force'], Array.from({ length: 2_000 }, (_, at) => step(at)).join(''))
  },
  'a history without a beginning': (place) => {
    const root = object(
      place,
      'commit',
      `tree ${git(place, ['rev-parse', `${place.start}^{tree}`])}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nRoot\n`,
    )
    tip(place, root)
  },
  'a large file in a small pack': (place) => {
    tip(
      place,
      commitOf(place, tree(place, entry('100644', 'zeros', blob(place, Buffer.alloc(place.random.of([3e7, 1e5])))))),
    )
    git(place, ['repack', '-q', '-a', '-d'])
  },
  'an object that is torn': (place) => {
    const id = blob(place, place.random.bytes(500))
    tip(place, commitOf(place, tree(place, entry('100644', 'torn', id))))
    if (id !== '') put(gitFolder(place, 'objects', id.slice(0, 2), id.slice(2)), place.random.bytes(100))
  },
  'an object under another name': (place) => {
    const [one, other] = [blob(place, 'one'), blob(place, 'other')]
    tip(place, commitOf(place, tree(place, entry('100644', 'one', one))))
    if (one === '' || other === '') return
    rmSync(gitFolder(place, 'objects', one.slice(0, 2), one.slice(2)), { force: true })
    execFileSync('cp', [
      gitFolder(place, 'objects', other.slice(0, 2), other.slice(2)),
      gitFolder(place, 'objects', one.slice(0, 2), one.slice(2)),
    ])
  },
  'an object that is missing': (place) =>
    tip(place, commitOf(place, tree(place, entry('100644', 'gone', place.random.bytes(20).toString('hex'))))),
  'packs of bytes': (place) => {
    for (const end of ['pack', 'idx', 'rev', 'bitmap', 'keep', 'promisor'])
      put(gitFolder(place, 'objects/pack', `pack-${'a'.repeat(40)}.${end}`), place.random.bytes(400))
  },
  'a pack that is harmed': (place) => {
    git(place, ['repack', '-q', '-a', '-d'])
    const folder = gitFolder(place, 'objects/pack')
    for (const name of readdirSync(folder)) {
      if (!name.endsWith(place.random.of(['.pack', '.idx']))) continue
      chmodSync(join(folder, name), 0o600)
      execFileSync(
        'dd',
        [`of=${join(folder, name)}`, 'conv=notrunc', 'bs=1', `seek=${20 + place.random.below(200)}`, 'status=none'],
        { input: place.random.bytes(8) },
      )
    }
  },
  'refs by the hundred thousand': (place) =>
    put(
      gitFolder(place, 'packed-refs'),
      Array.from(
        { length: place.random.of([1_000, 100_000]) },
        (_, at) => `${place.start} refs/${place.random.of(['heads', 'tags', 'notes'])}/r${at}\n`,
      ).join(''),
    ),
  'refs to nothing': (place) => {
    for (let at = 0; at < 200; at++)
      put(gitFolder(place, 'refs/heads', `lost-${at}`), `${place.random.bytes(20).toString('hex')}\n`)
  },
  'a ref that is not a ref': (place) =>
    put(
      gitFolder(place, 'refs/heads', `task-${place.taskId}`),
      place.random.of([
        'ref: refs/heads/loop\n',
        'ref: ../../../outside\n',
        `ref: refs/heads/task-${place.taskId}\n`,
        'x'.repeat(5e6),
        '',
        '0'.repeat(40),
      ]),
    ),
  'a HEAD that is none': (place) =>
    put(
      gitFolder(place, 'HEAD'),
      place.random.of([
        'ref: HEAD\n',
        'ref: refs/heads/../../x\n',
        `ref: ${'a/'.repeat(3_000)}\n`,
        'garbage',
        `${'f'.repeat(40)}\n`,
        `ref: refs/heads/${Buffer.from([0xff]).toString('latin1')}\n`,
      ]),
    ),
  'logs without end': (place) =>
    put(
      gitFolder(place, 'logs/HEAD'),
      `${place.start} ${place.start} A <a@b> 1 +0000\tx\n`.repeat(place.random.of([10, 50_000])),
    ),
  'an index without end': (place) =>
    put(
      gitFolder(place, 'index'),
      Buffer.concat([Buffer.from('DIRC\0\0\0\u0002'), Buffer.from([0xff, 0xff, 0xff, 0xff]), place.random.bytes(500)]),
    ),
  'an operation under way': (place) => {
    put(
      gitFolder(place, place.random.of(['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'ORIG_HEAD'])),
      place.random.of([`${place.start}\n`, 'x'.repeat(1e5), '\n'.repeat(1e5)]),
    )
    put(
      gitFolder(place, 'rebase-merge/head-name'),
      place.random.of([`refs/heads/task-${place.taskId}`, '../../x', '\0']),
    )
  },
  'a rebase of pipes': (place) => {
    for (const name of ['head-name', 'onto', 'orig-head', 'done', 'git-rebase-todo'])
      pipe(gitFolder(place, 'rebase-merge', name))
  },
  'a stash that is none': (place) => {
    put(gitFolder(place, 'refs/stash'), `${place.start}\n`)
    put(gitFolder(place, 'logs/refs/stash'), place.random.bytes(2_000))
  },
  'work trees elsewhere': (place) => {
    const names = { gitdir: `${place.outside}/.git\n`, commondir: '../..\n', HEAD: `${place.start}\n`, index: 'x' }
    for (const [name, text] of Object.entries(names)) put(gitFolder(place, 'worktrees/w', name), text)
    symlinkSync(place.outside, join(gitFolder(place, 'worktrees'), `linked-${place.random.below(1e6)}`))
  },
  'replaced and shallow history': (place) => {
    put(gitFolder(place, 'refs/replace', place.start), `${place.random.bytes(20).toString('hex')}\n`)
    put(gitFolder(place, 'shallow'), place.random.of([`${place.start}\n`, 'x\n'.repeat(1e4)]))
  },
  'work as usual': (place) => {
    put(join(place.clone, `file-${place.random.below(100)}.txt`), `${place.random.below(1e9)}\n`)
    if (place.random.below(2) === 0) {
      git(place, ['add', '--all'])
      git(place, ['commit', '--quiet', '--message', 'Usual work'])
    }
  },
} satisfies Readonly<Record<string, (place: Place) => void>>

export const allHarms: readonly Harm[] = Object.entries(harms).map(([name, act]) => ({ name, act }))

/** These take a minute each, since they are made to: most draws take another harm. */
const lasting = new Set(['a tree of trees without end', 'a deep tree of long names'])

export function drawHarm(random: Random): Harm {
  const drawn = random.of(allHarms)
  return lasting.has(drawn.name) && random.below(10) > 0 ? drawHarm(random) : drawn
}

import type { Reader } from '../finding.ts'

/** Files whose being there says all that is used of them. */
export const byPresence: readonly Reader[] = [
  { name: /^\.?justfile$/i, there: 'just' },
  { name: /^Taskfile\.(dist\.)?ya?ml$/i, there: 'task' },
  { name: /^build\.zig$/, there: 'zig' },
  { name: /^stack\.yaml$/, there: 'stack' },
  { name: /\.cabal$|^cabal\.project$/, there: 'cabal' },
  { name: /^dune-project$/, there: 'ocaml' },
  { name: /^gleam\.toml$/, there: 'gleam' },
  { name: /^Package\.swift$/, there: 'swift' },
  { name: /^Project\.toml$/, there: 'julia' },
  { name: /^(DESCRIPTION|renv\.lock)$/, there: 'r' },
  { name: /^(cpanfile|Makefile\.PL)$/, there: 'perl' },
  { name: /\.rockspec$/, there: 'lua' },
  { name: /^shard\.yml$/, there: 'crystal' },
  { name: /\.nimble$/, there: 'nim' },
  { name: /^\.terraform\.lock\.hcl$|^\.terraform-version$|^(main|versions)\.tf$/, there: 'terraform' },
  { name: /^Chart\.yaml$/, there: 'helm' },
  {
    name: /^pubspec\.yaml$/,
    read: (file) => [
      {
        kind: 'tool',
        tool: /^\s+sdk:\s*flutter\s*$/m.test(file.text) ? 'flutter' : 'dart',
        path: file.path,
        wants: null,
        rank: 'range',
      },
    ],
  },
]

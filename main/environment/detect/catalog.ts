/**
 * The tools that can be asked for, with what nixpkgs calls them at the commit that `nixpkgsPin` names. nixpkgs keeps the versions
 * that their makers still support; each stands for the newest patch of its line.
 */
export const nixpkgsPin = {
  rev: '643809054d65fdd466a63e3155b8c498cb483c04',
  narHash: 'sha256-vUfIeBEfpbAfZ5zjgIkYk7eHBeVfCYVjLbWnMkseYnk=',
  lastModified: 1785692966,
} as const

interface Line {
  readonly version: string
  readonly packages: readonly string[]
}

export interface CatalogEntry {
  readonly label: string
  /** Oldest first. */
  readonly lines: readonly Line[]
  /** Which one it is where the repository leaves the choice. */
  readonly choose: 'usual' | 'lowest' | 'highest'
  readonly usual: string
}

const lines = (versions: readonly string[], packages: (version: string) => readonly string[]): readonly Line[] =>
  versions.map((version) => ({ version, packages: packages(version) }))

const versioned = (
  label: string,
  usual: string,
  all: readonly Line[],
  choose: CatalogEntry['choose'] = 'usual',
): CatalogEntry => ({ label, usual, lines: all, choose })

const single = (label: string, ...packages: readonly string[]): CatalogEntry => ({
  ...{ label, usual: '', choose: 'usual', lines: [{ version: '', packages }] },
})

const joined = (version: string): string => version.replaceAll('.', '')
const underscored = (version: string): string => version.replaceAll('.', '_')

const catalog = {
  node: versioned(
    'Node',
    '24',
    lines(['22', '24', '26'], (v) => [`nodejs_${v}`]),
  ),
  pnpm: versioned(
    'pnpm',
    '10',
    lines(['9', '10'], (v) => [`pnpm_${v}`]),
  ),
  yarn: versioned('Yarn', '1', [
    { version: '1', packages: ['yarn'] },
    { version: '3', packages: ['yarn-berry_3'] },
    { version: '4', packages: ['yarn-berry_4'] },
  ]),
  bun: single('Bun', 'bun'),
  deno: single('Deno', 'deno'),
  python: versioned(
    'Python',
    '3.13',
    lines(['3.11', '3.12', '3.13', '3.14'], (v) => [`python${joined(v)}`]),
  ),
  uv: single('uv', 'uv'),
  poetry: single('Poetry', 'poetry'),
  pdm: single('PDM', 'pdm'),
  pipenv: single('Pipenv', 'pipenv'),
  hatch: single('Hatch', 'hatch'),
  pixi: single('Pixi', 'pixi'),
  // What an older go.mod asks for, a newer Go does.
  go: versioned(
    'Go',
    '1.26',
    lines(['1.25', '1.26'], (v) => [`go_${underscored(v)}`]),
    'highest',
  ),
  rust: single('Rust', 'cargo', 'rustc', 'clippy', 'rustfmt'),
  rustup: single('rustup', 'rustup'),
  ruby: versioned(
    'Ruby',
    '3.4',
    lines(['3.3', '3.4', '4.0'], (v) => [`ruby_${underscored(v)}`]),
  ),
  // A project that is compiled for 17 is tried on 17, unless something in it needs a newer one.
  java: versioned(
    'Java',
    '21',
    lines(['8', '11', '17', '21', '25'], (v) => [`jdk${v}`]),
    'lowest',
  ),
  maven: single('Maven', 'maven'),
  gradle: versioned(
    'Gradle',
    '8',
    lines(['8', '9'], (v) => [`gradle_${v}`]),
  ),
  kotlin: single('Kotlin', 'kotlin'),
  sbt: single('sbt', 'sbt'),
  leiningen: single('Leiningen', 'leiningen'),
  clojure: single('Clojure', 'clojure'),
  php: versioned(
    'PHP',
    '8.4',
    lines(['8.2', '8.3', '8.4', '8.5'], (v) => [`php${joined(v)}`, `php${joined(v)}Packages.composer`]),
  ),
  elixir: versioned(
    'Elixir',
    '1.18',
    lines(['1.16', '1.17', '1.18', '1.19'], (v) => [`elixir_${underscored(v)}`]),
  ),
  erlang: versioned(
    'Erlang',
    '27',
    lines(['26', '27', '28'], (v) => [`erlang_${v}`]),
  ),
  gleam: single('Gleam', 'gleam'),
  dotnet: versioned(
    '.NET',
    '10',
    lines(['8', '9', '10'], (v) => [`dotnet-sdk_${v}`]),
    'lowest',
  ),
  cmake: single('CMake', 'cmake', 'pkg-config'),
  meson: single('Meson', 'meson', 'ninja', 'pkg-config'),
  ninja: single('Ninja', 'ninja'),
  autotools: single('Autotools', 'autoconf', 'automake', 'libtool', 'pkg-config', 'gnumake'),
  bazel: single('Bazelisk', 'bazelisk'),
  make: single('make', 'gnumake', 'gcc'),
  just: single('just', 'just'),
  task: single('Task', 'go-task'),
  zig: single('Zig', 'zig'),
  ghc: single('GHC', 'ghc'),
  cabal: single('Cabal', 'cabal-install'),
  stack: single('Stack', 'stack'),
  ocaml: single('OCaml', 'ocaml', 'dune_3', 'opam'),
  dart: single('Dart', 'dart'),
  flutter: single('Flutter', 'flutter'),
  swift: single('Swift', 'swift', 'swiftpm'),
  julia: single('Julia', 'julia'),
  r: single('R', 'R'),
  perl: single('Perl', 'perl'),
  lua: single('Lua', 'lua', 'luarocks'),
  crystal: single('Crystal', 'crystal', 'shards'),
  nim: single('Nim', 'nim'),
  terraform: single('Terraform', 'terraform'),
  opentofu: single('OpenTofu', 'opentofu'),
  helm: single('Helm', 'kubernetes-helm'),
  kubectl: single('kubectl', 'kubectl'),
} as const satisfies Record<string, CatalogEntry>

export type ToolName = keyof typeof catalog
export const toolNames = Object.keys(catalog) as readonly ToolName[]
export const entryOf = (tool: ToolName): CatalogEntry => catalog[tool]

import type { ToolName } from '../catalog.ts'
import { doubt, type Finding, nixPackage, type RepositoryFile, tool, type Wanted } from '../finding.ts'
import { npmRange, oneVersion, wanted } from '../ranges.ts'
import { shown } from '../texts.ts'
import { goVersion, rustChannel } from './compiled.ts'
import { nodeVersion } from './javascript.ts'
import { jdkVersion } from './jvm.ts'
import { pythonVersion } from './python.ts'
import { rubyVersion } from './scripting.ts'

/** The tools by the names that version managers, Homebrew, Debian and images give them; versions are told apart from names. */
const toolsByName: ReadonlyMap<string, ToolName> = new Map<string, ToolName>([
  ...['node', 'nodejs', 'npm', 'node-lts'].map((name) => [name, 'node'] as const),
  ...[
    'pnpm',
    'yarn',
    'bun',
    'deno',
    'uv',
    'poetry',
    'pdm',
    'pipenv',
    'hatch',
    'pixi',
    'just',
    'zig',
    'gleam',
    'maven',
    'gradle',
    'kotlin',
    'sbt',
    'leiningen',
    'clojure',
    'elixir',
    'erlang',
    'cmake',
    'meson',
    'ninja',
    'ruby',
    'php',
    'dart',
    'flutter',
    'swift',
    'julia',
    'perl',
    'lua',
    'crystal',
    'nim',
    'ocaml',
    'terraform',
    'opentofu',
    'helm',
    'kubectl',
    'rustup',
    'cabal',
    'ghc',
    'stack',
    'make',
    'bazel',
    'go',
  ].map((name) => [name, name as ToolName] as const),
  ...[
    'python',
    'python3',
    'cpython',
    'python3-dev',
    'python3-pip',
    'python3-venv',
    'python3-full',
    'python-is-python3',
  ].map((name) => [name, 'python'] as const),
  ...['golang', 'golang-go'].map((name) => [name, 'go'] as const),
  ...['rust', 'cargo', 'rustc', 'rust-bin'].map((name) => [name, 'rust'] as const),
  ...[
    'java',
    'openjdk',
    'jdk',
    'temurin',
    'eclipse-temurin',
    'amazoncorretto',
    'default-jdk',
    'default-jre',
    'default-jdk-headless',
    'openjdk-jdk',
    'openjdk-jre',
    'openjdk-jdk-headless',
    'openjdk-jre-headless',
    'zulu',
  ].map((name) => [name, 'java'] as const),
  ...['dotnet', 'dotnet-core', 'dotnet-sdk', 'dotnet/sdk'].map((name) => [name, 'dotnet'] as const),
  ...['ruby-full', 'ruby-dev', 'bundler'].map((name) => [name, 'ruby'] as const),
  ...['php-cli', 'composer', 'php-fpm'].map((name) => [name, 'php'] as const),
  ...['go-task', 'task'].map((name) => [name, 'task'] as const),
  ...['ninja-build'].map((name) => [name, 'ninja'] as const),
  ...['gnumake', 'build-essential', 'gcc', 'g++', 'build-base', 'gnu-make'].map((name) => [name, 'make'] as const),
  ...['autoconf', 'automake', 'libtool'].map((name) => [name, 'autotools'] as const),
  ...['bazelisk'].map((name) => [name, 'bazel'] as const),
  ...['oven/bun'].map((name) => [name, 'bun'] as const),
  ...['denoland/deno'].map((name) => [name, 'deno'] as const),
])

/** What nixpkgs calls programs that are not tools with a choice of versions; most have the same name everywhere. */
export const programs: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...`actionlint bat buf curl delta direnv fd ffmpeg fzf gh git-lfs gnupg graphviz hadolint htop hyperfine imagemagick jq k9s kind kustomize less libxml2
  lefthook minikube nasm openssl pandoc patchelf pkg-config pre-commit protobuf redis ripgrep rsync ruff semgrep shellcheck shfmt skaffold sops sqlite
  sqlc swig tree tmux unzip valgrind watchman wget xz yamllint yasm yq-go zip zstd git bash gettext bison flex gdb gawk gnused findutils coreutils gperf
  texinfo file nginx time tokei tilt vale typos taplo age entr caddy dasel duckdb mold ccache lcov doxygen clang-tools cppcheck gcovr memcached`
    .split(/\s+/)
    .map((name) => [name, [name]] as const),
  ...(
    [
      ['awscli', 'awscli2'],
      ['aws-cli', 'awscli2'],
      ['azure-cli', 'azure-cli'],
      ['gcloud', 'google-cloud-sdk'],
      ['github-cli', 'gh'],
      ['gpg', 'gnupg'],
      ['golangci-lint', 'golangci-lint'],
      ['goreleaser', 'goreleaser'],
      ['postgresql', 'postgresql'],
      ['postgres', 'postgresql'],
      ['postgresql-client', 'postgresql'],
      ['libpq', 'libpq'],
      ['libpq-dev', 'libpq'],
      ['mysql', 'mariadb'],
      ['mysql-client', 'mariadb'],
      ['mariadb', 'mariadb'],
      ['default-mysql-client', 'mariadb'],
      ['default-libmysqlclient-dev', 'libmysqlclient'],
      ['redis-server', 'redis'],
      ['redis-tools', 'redis'],
      ['sqlite3', 'sqlite'],
      ['libsqlite3-dev', 'sqlite'],
      ['libssl-dev', 'openssl'],
      ['openssl@3', 'openssl'],
      ['openssl-dev', 'openssl'],
      ['libffi', 'libffi'],
      ['libffi-dev', 'libffi'],
      ['libyaml', 'libyaml'],
      ['libyaml-dev', 'libyaml'],
      ['zlib', 'zlib'],
      ['zlib1g-dev', 'zlib'],
      ['zlib1g', 'zlib'],
      ['zlib-dev', 'zlib'],
      ['libxml2-dev', 'libxml2'],
      ['libxslt1-dev', 'libxslt'],
      ['libxslt', 'libxslt'],
      ['libcurl4-openssl-dev', 'curl'],
      ['libreadline-dev', 'readline'],
      ['readline', 'readline'],
      ['libncurses-dev', 'ncurses'],
      ['ncurses', 'ncurses'],
      ['libbz2-dev', 'bzip2'],
      ['liblzma-dev', 'xz'],
      ['xz-utils', 'xz'],
      ['libjpeg-dev', 'libjpeg'],
      ['libjpeg62-turbo-dev', 'libjpeg'],
      ['libpng-dev', 'libpng'],
      ['libwebp-dev', 'libwebp'],
      ['libvips', 'vips'],
      ['libvips-dev', 'vips'],
      ['vips', 'vips'],
      ['libgmp-dev', 'gmp'],
      ['gmp', 'gmp'],
      ['libmagickwand-dev', 'imagemagick'],
      ['libicu-dev', 'icu'],
      ['icu4c', 'icu'],
      ['libzip-dev', 'libzip'],
      ['libboost-all-dev', 'boost'],
      ['libboost-dev', 'boost'],
      ['boost', 'boost'],
      ['libclang-dev', 'libclang'],
      ['clang', 'clang'],
      ['llvm', 'llvm'],
      ['lld', 'lld'],
      ['pkgconf', 'pkg-config'],
      ['protoc', 'protobuf'],
      ['protobuf-compiler', 'protobuf'],
      ['yq', 'yq-go'],
      ['gnu-sed', 'gnused'],
      ['gsed', 'gnused'],
      ['ag', 'silver-searcher'],
      ['the_silver_searcher', 'silver-searcher'],
      ['gnu-getopt', 'util-linux'],
      ['gnupg2', 'gnupg'],
      ['netcat-openbsd', 'netcat'],
      ['fd-find', 'fd'],
      ['procps', 'procps'],
      ['cargo-nextest', 'cargo-nextest'],
      ['cargo-binstall', 'cargo-binstall'],
      ['wasm-pack', 'wasm-pack'],
      ['tflint', 'tflint'],
      ['terragrunt', 'terragrunt'],
      ['helmfile', 'helmfile'],
      ['hugo', 'hugo'],
      ['biome', 'biome'],
      ['process-compose', 'process-compose'],
      ['mkcert', 'mkcert'],
      ['nats-server', 'nats-server'],
      ['chromium', 'chromium'],
      ['libudev-dev', 'udev'],
      ['libasound2-dev', 'alsa-lib'],
      ['libgtk-3-dev', 'gtk3'],
      ['libdbus-1-dev', 'dbus'],
      ['libx11-dev', 'libx11'],
      ['inotify-tools', 'inotify-tools'],
      ['libgl1-mesa-dev', 'libGL'],
      ['libpcap-dev', 'libpcap'],
      ['librdkafka-dev', 'rdkafka'],
      ['rebar3', 'rebar3'],
      ['tailwindcss', 'tailwindcss'],
    ] as const
  ).map(([name, attribute]) => [name, [attribute]] as const),
])

/** What a system has in any case, or what only builds an image. */
const nothing = new Set(
  `ca-certificates apt-transport-https gnupg-agent software-properties-common locales tzdata sudo lsb-release dumb-init tini apt-utils dialog musl-dev
  libc6-dev libc-dev linux-headers libgcc libstdc++ bash-completion shadow su-exec gosu dirmngr libstdc++6 vim nano man-db debconf lsof netbase`.split(
    /\s+/,
  ),
)

/** Libraries by the name that CMake, Meson and pkg-config look for, in lower case. An empty list: the compiler has it. */
export const libraryPackages: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...[
    'threads',
    'git',
    'pkgconfig',
    'openmp',
    'm',
    'dl',
    'python',
    'python3',
    'pythoninterp',
    'perl',
    'doxygen',
    'threads::threads',
  ].map((name) => [name, []] as const),
  ...(
    [
      ['openssl', 'openssl'],
      ['libssl', 'openssl'],
      ['libcrypto', 'openssl'],
      ['zlib', 'zlib'],
      ['curl', 'curl'],
      ['libcurl', 'curl'],
      ['boost', 'boost'],
      ['sqlite3', 'sqlite'],
      ['postgresql', 'libpq'],
      ['libpq', 'libpq'],
      ['protobuf', 'protobuf'],
      ['grpc', 'grpc'],
      ['gtest', 'gtest'],
      ['gmock', 'gtest'],
      ['fmt', 'fmt'],
      ['spdlog', 'spdlog'],
      ['eigen3', 'eigen'],
      ['opencv', 'opencv'],
      ['sdl2', 'SDL2'],
      ['glfw3', 'glfw'],
      ['opengl', 'libGL'],
      ['glew', 'glew'],
      ['png', 'libpng'],
      ['libpng', 'libpng'],
      ['jpeg', 'libjpeg'],
      ['libxml2', 'libxml2'],
      ['libxml-2.0', 'libxml2'],
      ['glib-2.0', 'glib'],
      ['gtk+-3.0', 'gtk3'],
      ['gtk4', 'gtk4'],
      ['catch2', 'catch2_3'],
      ['nlohmann_json', 'nlohmann_json'],
      ['yaml-cpp', 'yaml-cpp'],
      ['zstd', 'zstd'],
      ['libzstd', 'zstd'],
      ['lz4', 'lz4'],
      ['liblz4', 'lz4'],
      ['freetype', 'freetype'],
      ['freetype2', 'freetype'],
      ['libuv', 'libuv'],
      ['dbus-1', 'dbus'],
      ['systemd', 'systemd'],
      ['libsystemd', 'systemd'],
      ['gmp', 'gmp'],
      ['benchmark', 'gbenchmark'],
      ['tbb', 'tbb'],
      ['bison', 'bison'],
      ['flex', 'flex'],
      ['llvm', 'llvm'],
    ] as const
  ).map(([name, attribute]) => [name, [attribute]] as const),
])

type Dialects = Partial<Record<ToolName, (version: string) => Wanted | null>>
const dialects: Dialects = {
  node: nodeVersion,
  go: goVersion,
  java: jdkVersion,
  python: pythonVersion,
  ruby: rubyVersion,
}

/** What a version manager's version of a tool asks for: `22`, `lts`, `latest:3.12`, `temurin-21.0.2+13`. */
function versionOf(name: ToolName, text: string): Wanted | null {
  const plain = text.replace(/^(latest|prefix|stable)[:-](?=\d)/, '')
  if (/^(system|latest|stable|lts|ref:|path:|sub-)/.test(plain) || plain === '') return null
  return (
    dialects[name]?.(plain) ??
    wanted(plain.replace(/-otp-\d+$/, ''), (version) => oneVersion(version) ?? npmRange(version))
  )
}

/** What another package manager's name, with a version or without, is here. Undefined where it is not known. */
export function foreignTool(
  file: Pick<RepositoryFile, 'path'>,
  name: string,
  version: string,
  rank: 'pin' | 'hint',
): readonly Finding[] | undefined {
  const { base, own } = splitName(name)
  const known = toolsByName.get(base)
  if (known === 'rust' && version !== '') return rustChannel(file, version)
  if (known !== undefined) return [tool(file, known, versionOf(known, version || own), rank)]
  const packages = programs.get(name) ?? programs.get(base)
  if (packages) return packages.map((attribute) => nixPackage(file, attribute))
  return nothing.has(name) ? [] : undefined
}

/** `python@3.12`, `python3.12`, `nodejs_22`, `openjdk-17-jdk`: the name, and the version that it carries. */
function splitName(name: string): { readonly base: string; readonly own: string } {
  const openjdk = /^openjdk-(\d+)-(\w+(?:-headless)?)$/.exec(name)
  if (openjdk) return { base: `openjdk-${openjdk[2]}`, own: openjdk[1] ?? '' }
  const [, base = name, own = ''] = /^([a-z][a-z/-]*[a-z+]{1,2})[-@_]?(\d[\d.]*)(?:-[a-z]+)?$/.exec(name) ?? []
  if (toolsByName.has(name) || programs.has(name)) return { base: name, own: '' }
  // Debian and nixpkgs leave the point out, as in python312.
  return { base, own: /^3\d\d$/.test(own) && base === 'python' ? `3.${own.slice(1)}` : own }
}

/** One sentence for all that is not known. */
export const unknownNames = (file: Pick<RepositoryFile, 'path'>, names: readonly string[]): readonly Finding[] =>
  names.length === 0
    ? []
    : [doubt(file, `asks for ${shown([...new Set(names)].join(', '))}: nothing is added for what is not known here`)]

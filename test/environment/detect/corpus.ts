/** A small repository, and what is to be found in it. */
export interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** As `foundText` writes it. */
  readonly is: string
  /** A part of each doubt, in their order; none is left out. */
  readonly doubts?: readonly string[]
  readonly devcontainer?: string
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const node: readonly Case[] = [
  {
    name: 'npm with a floor',
    files: { 'package.json': json({ engines: { node: '>=20' } }), 'package-lock.json': '{}' },
    is: 'Node 24',
  },
  { name: 'npm with a line by nvm', files: { 'package.json': '{}', '.nvmrc': 'v22\n' }, is: 'Node 22' },
  {
    name: 'an exact version by nvm',
    files: { 'package.json': '{}', '.nvmrc': '22.11.0\n' },
    is: 'Node 22',
    doubts: ['exactly Node 22.11.0'],
  },
  { name: 'nvm by name', files: { 'package.json': '{}', '.nvmrc': 'lts/jod\n' }, is: 'Node 22' },
  {
    name: 'pnpm workspace',
    files: {
      'package.json': json({
        private: true,
        packageManager: 'pnpm@10.12.1+sha512.abc',
        engines: { node: '^22 || ^24' },
      }),
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      'packages/web/package.json': json({ engines: { node: '>=22' } }),
    },
    is: 'Node 24, pnpm 10',
    doubts: ['exactly pnpm 10.12.1'],
  },
  { name: 'pnpm by its lock file', files: { 'package.json': '{}', 'pnpm-lock.yaml': '' }, is: 'Node 24, pnpm 10' },
  { name: 'classic Yarn', files: { 'package.json': '{}', 'yarn.lock': '# yarn lockfile v1\n' }, is: 'Node 24, Yarn 1' },
  {
    name: 'Yarn of its own release',
    files: { 'package.json': '{}', 'yarn.lock': '', '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-4.5.3.cjs\n' },
    is: 'Node 24, Yarn 4',
  },
  {
    name: 'Yarn pinned in package.json',
    files: { 'package.json': json({ packageManager: 'yarn@4' }), 'yarn.lock': '' },
    is: 'Node 24, Yarn 4',
  },
  { name: 'Bun', files: { 'package.json': json({ name: 'x' }), 'bun.lock': '' }, is: 'Bun' },
  {
    name: 'Bun beside Node',
    files: { 'package.json': json({ engines: { node: '22.x' } }), 'bun.lockb': '' },
    is: 'Node 22, Bun',
  },
  { name: 'Deno', files: { 'deno.jsonc': '{ // tasks\n}', 'deno.lock': '{}' }, is: 'Deno' },
  {
    name: 'Volta',
    files: { 'package.json': json({ volta: { node: '24', yarn: '1.22.22' } }) },
    is: 'Node 24, Yarn 1',
    doubts: ['exactly Yarn 1.22.22'],
  },
  {
    name: 'a Node that is past its end',
    files: { 'package.json': json({ engines: { node: '18.x' } }) },
    is: 'Node 22',
    doubts: ['package.json asks for Node 18.x, and nixpkgs has 22, 24, 26: Node 22 is used'],
  },
  {
    name: 'nvm against engines',
    files: { 'package.json': json({ engines: { node: '>=24' } }), '.nvmrc': '22' },
    is: 'Node 22',
    doubts: ['package.json asks for Node >=24, .nvmrc for 22: Node 22 is used'],
  },
]

const python: readonly Case[] = [
  { name: 'requirements alone', files: { 'requirements.txt': 'flask==3.0\n' }, is: 'Python 3.13' },
  {
    name: 'pyproject with a range',
    files: { 'pyproject.toml': '[project]\nname = "x"\nrequires-python = ">=3.11,<3.13"\n' },
    is: 'Python 3.12',
  },
  {
    name: 'uv',
    files: {
      'pyproject.toml': '[project]\nrequires-python = ">=3.12"\n[tool.uv]\ndev-dependencies = []\n',
      'uv.lock': '',
      '.python-version': '3.14\n',
    },
    is: 'Python 3.14, uv',
  },
  {
    name: 'uv with a range and nothing else',
    files: { 'pyproject.toml': '[project]\nname = "x"\nrequires-python = ">=3.10, <3.13"\n', 'uv.lock': '' },
    is: 'Python 3.12, uv',
  },
  {
    name: 'uv with a range of the past',
    files: { 'pyproject.toml': '[project]\nrequires-python = ">=3.8,<3.11"\n', 'uv.lock': '' },
    is: 'Python 3.11, uv',
    doubts: ['asks for Python >=3.8,<3.11, and nixpkgs has'],
  },
  {
    name: 'Python without its lock',
    files: { 'pyproject.toml': '[project]\nname = "x"\n', '.python-version': '3.13t\n' },
    is: 'Python 3.13',
    doubts: ["asks for Python '3.13t', which is not understood"],
  },
  {
    name: 'Poetry',
    files: {
      'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.12"\n[build-system]\nrequires = ["poetry-core"]\n',
      'poetry.lock': '',
    },
    is: 'Python 3.13, Poetry',
  },
  {
    name: 'Poetry without the final release',
    files: { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "~3.12"\n' },
    is: 'Python 3.12, Poetry',
  },
  {
    name: 'PDM',
    files: {
      'pyproject.toml': '[project]\nrequires-python = "==3.12.*"\n[build-system]\nrequires = ["pdm-backend"]\n',
    },
    is: 'Python 3.12, PDM',
  },
  {
    name: 'Pipenv',
    files: { Pipfile: '[requires]\npython_version = "3.12"\n', 'Pipfile.lock': '{}' },
    is: 'Python 3.12, Pipenv',
  },
  { name: 'setup.py', files: { 'setup.py': 'setup(name="x", python_requires=">=3.9, <4")\n' }, is: 'Python 3.13' },
  {
    name: 'pyenv with two versions',
    files: { '.python-version': '3.12.4\n3.11.9\n', 'requirements.txt': '' },
    is: 'Python 3.12',
    doubts: ['exactly Python 3.12.4', 'several versions'],
  },
  {
    name: 'conda',
    files: { 'environment.yml': 'name: x\ndependencies:\n  - python=3.12\n  - numpy\n' },
    is: 'Python 3.12',
    doubts: ['is for conda'],
  },
  {
    name: 'conda with a channel and quotes',
    files: { 'environment.yml': 'dependencies:\n  - "conda-forge::python==3.13.1"\n  - pip:\n    - python-dotenv\n' },
    is: 'Python 3.13',
    doubts: ['exactly Python 3.13.1', 'is for conda'],
  },
  {
    name: 'a Node version of a pnpm workspace',
    files: { 'pnpm-workspace.yaml': "packages:\n  - packages/*\nuseNodeVersion: '22.14.0' # ours\n" },
    is: 'Node 22, pnpm 10',
    doubts: ['exactly Node 22.14.0'],
  },
  {
    name: 'settings of a linter alone',
    files: { 'pyproject.toml': '[tool.ruff]\nline-length = 100\n', 'main.py': '' },
    is: 'Python 3.13',
  },
  {
    name: 'Python 2',
    files: { 'setup.py': 'setup(python_requires="<3")\n' },
    is: 'Python 3.11',
    doubts: ['asks for Python <3, and nixpkgs has'],
  },
]

const others: readonly Case[] = [
  { name: 'Go', files: { 'go.mod': 'module example.org/x\n\ngo 1.22\n', 'go.sum': '' }, is: 'Go 1.26' },
  {
    name: 'Go workspace with a toolchain',
    files: { 'go.work': 'go 1.25.0\n\ntoolchain go1.25.3\n', 'svc/go.mod': 'module a\ngo 1.24\n' },
    is: 'Go 1.26',
  },
  {
    name: 'Go newer than nixpkgs',
    files: { 'go.mod': 'module x\ngo 1.40\n' },
    is: 'Go 1.26',
    doubts: ['asks for Go 1.40'],
  },
  {
    name: 'Rust',
    files: { 'Cargo.toml': '[package]\nname = "x"\nrust-version = "1.80"\n', 'Cargo.lock': '' },
    is: 'Rust',
  },
  {
    name: 'Rust of its own',
    files: {
      'Cargo.toml': '[workspace]\nmembers = ["a"]\n',
      'rust-toolchain.toml': '[toolchain]\nchannel = "nightly-2026-01-01"\n',
    },
    is: 'rustup',
    doubts: ['asks for Rust nightly-2026-01-01'],
  },
  {
    name: 'stable Rust by name',
    files: { 'Cargo.toml': '[package]\nname="x"\n', 'rust-toolchain': 'stable\n' },
    is: 'Rust',
  },
  {
    name: 'Rust by a file without an ending',
    files: { 'Cargo.toml': '[package]\nname="x"\n', 'rust-toolchain': '1.80.0\n' },
    is: 'rustup',
    doubts: ['asks for Rust 1.80.0'],
  },
  {
    name: 'stable Rust for the web',
    files: {
      'Cargo.toml': '[package]\nname="x"\n',
      'rust-toolchain.toml':
        '[toolchain]\nchannel = "stable"\ncomponents = ["clippy", "rust-src", "miri"]\ntargets = ["wasm32-unknown-unknown"]\n',
    },
    is: 'rustup',
    doubts: ['asks for miri, wasm32-unknown-unknown beside Rust'],
  },
  {
    name: 'stable Rust with what an editor wants',
    files: {
      'Cargo.toml': '[package]\nname="x"\n',
      'rust-toolchain.toml': '[toolchain]\ncomponents = ["rustfmt", "rust-analyzer"]\n',
    },
    is: 'Rust',
  },
  {
    name: 'Ruby',
    files: { Gemfile: 'source "https://rubygems.org"\nruby "~> 3.3.0"\ngem "rails"\n', 'Gemfile.lock': '' },
    is: 'Ruby 3.3',
  },
  {
    name: 'Ruby by file',
    files: { Gemfile: 'ruby file: ".ruby-version"\n', '.ruby-version': 'ruby-3.4.1\n' },
    is: 'Ruby 3.4',
    doubts: ['exactly Ruby 3.4.1'],
  },
  {
    name: 'Ruby of a gem',
    files: { 'x.gemspec': 'Gem::Specification.new do |spec|\n  spec.required_ruby_version = ">= 3.1", "< 3.4"\nend\n' },
    is: 'Ruby 3.3',
  },
  {
    name: 'Ruby by the file of asdf',
    files: { Gemfile: 'ruby file: ".tool-versions"\n', '.tool-versions': 'ruby 3.3.6\n' },
    is: 'Ruby 3.3',
    doubts: ['exactly Ruby 3.3.6'],
  },
  {
    name: 'Ruby against itself',
    files: { Gemfile: 'ruby "3.3.5"\n', '.ruby-version': '3.4\n' },
    is: 'Ruby 3.4',
    doubts: ['Gemfile asks for Ruby 3.3.5, .ruby-version for 3.4: Ruby 3.4 is used'],
  },
  {
    name: 'Maven',
    files: {
      'pom.xml':
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as Maven writes it
        '<project><properties><java.version>17</java.version><maven.compiler.release>${java.version}</maven.compiler.release></properties></project>',
    },
    is: 'Java 17, Maven',
  },
  {
    name: 'Maven wrapper, Java 8',
    files: {
      'pom.xml': '<project><properties><maven.compiler.source>1.8</maven.compiler.source></properties></project>',
      mvnw: '',
    },
    is: 'Java 8',
  },
  {
    name: 'Gradle',
    files: { 'build.gradle.kts': 'kotlin {\n  jvmToolchain(21)\n}\n', 'settings.gradle.kts': '' },
    is: 'Java 21, Gradle 8',
  },
  {
    name: 'Gradle wrapper',
    files: {
      'build.gradle': 'java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }\n',
      gradlew: '',
      'gradle/wrapper/gradle-wrapper.properties':
        'distributionUrl=https\\://services.gradle.org/distributions/gradle-8.10-bin.zip\n',
    },
    is: 'Java 17',
  },
  { name: 'sdkman', files: { '.sdkmanrc': 'java=25.0.1-tem\n', 'build.sbt': '' }, is: 'Java 25, sbt' },
  {
    name: 'PHP',
    files: {
      'composer.json': json({ require: { php: '^8.2', 'ext-redis': '*', 'ext-json': '*' } }),
      'composer.lock': '{}',
    },
    is: 'PHP 8.4',
    doubts: ['PHP extensions that are not added by themselves: redis'],
  },
  {
    name: 'PHP platform',
    files: { 'composer.json': json({ require: { php: '>=8.1' }, config: { platform: { php: '8.3.6' } } }) },
    is: 'PHP 8.3',
    doubts: ['exactly PHP 8.3.6'],
  },
  {
    name: 'Elixir',
    files: { 'mix.exs': 'def project do\n  [app: :x, elixir: "~> 1.17"]\nend\n', 'mix.lock': '' },
    is: 'Elixir 1.18',
  },
  {
    name: 'Elixir by asdf',
    files: { 'mix.exs': '', '.tool-versions': 'erlang 27.1\nelixir 1.17.3-otp-27\n' },
    is: 'Elixir 1.17, Erlang 27',
    doubts: ['exactly Elixir 1.17.3:'],
  },
  {
    name: '.NET',
    files: {
      'App.csproj':
        '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>',
    },
    is: '.NET 8',
  },
  {
    name: '.NET with an SDK',
    files: {
      'global.json': json({ sdk: { version: '9.0.100' } }),
      'src/App/App.csproj':
        '<Project><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>',
    },
    is: '.NET 9',
    doubts: ['asks for the .NET SDK 9.0.100 and takes only one of its feature band'],
  },
  {
    name: '.NET with exactly one SDK',
    files: { 'global.json': json({ sdk: { version: '8.0.303', rollForward: 'disable' } }), 'All.sln': '' },
    is: '.NET 8',
    doubts: ['takes only this very one'],
  },
  {
    name: '.NET with any later SDK',
    files: {
      'global.json': json({ sdk: { version: '6.0.100', rollForward: 'latestMajor' } }),
      'App.csproj':
        '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>',
    },
    is: '.NET 8',
  },
  {
    name: '.NET for several',
    files: {
      'Lib.csproj':
        '<Project><PropertyGroup><TargetFrameworks>net8.0;net10.0;netstandard2.0</TargetFrameworks></PropertyGroup></Project>',
    },
    is: '.NET 10',
    doubts: ['targets .NET 8.0, 10.0'],
  },
  {
    name: 'CMake',
    files: { 'CMakeLists.txt': 'project(x CXX)\nfind_package(OpenSSL REQUIRED)\n# find_package(Boost)\n' },
    is: 'CMake, openssl',
  },
  {
    name: 'Meson',
    files: { 'meson.build': "project('x', 'c')\ndependency('zlib')\ndependency('frobnicate')\n" },
    is: 'Meson, zlib',
    doubts: ['looks for frobnicate'],
  },
  { name: 'a Makefile', files: { Makefile: 'all:\n\tcc x.c\n' }, is: 'make' },
  {
    name: 'Autotools',
    files: { 'configure.ac': 'AC_INIT\nPKG_CHECK_MODULES([GLIB], [glib-2.0 >= 2.50])\n', 'Makefile.am': '' },
    is: 'Autotools, glib',
  },
  {
    name: 'mise',
    files: { 'mise.toml': '[tools]\nnode = "22"\npython = ["3.12", "3.11"]\n"npm:prettier" = "3"\n' },
    is: 'Node 22, Python 3.12',
    doubts: ['asks for npm:prettier'],
  },
  {
    name: 'asdf',
    files: { '.tool-versions': '# tools\nnodejs 24.1.0\ngolang 1.25.1\nterraform 1.9.0\n' },
    is: 'Node 24, Go 1.26, Terraform',
    doubts: ['exactly Node 24.1.0', 'asks for Terraform 1.9.0: the one version'],
  },
  {
    name: 'devbox',
    files: {
      'devbox.json': '{\n  // pinned\n  "packages": ["nodejs@22", "python@3.12", "ripgrep@latest", "gnugrep"],\n}',
    },
    is: 'Node 22, Python 3.12, gnugrep, ripgrep',
  },
  {
    name: 'devenv',
    files: {
      'devenv.nix':
        '{ pkgs, ... }: {\n  packages = [ pkgs.jq pkgs.git ];\n  languages.python = {\n    enable = true;\n    version = "3.12";\n  };\n  # languages.go.enable = true;\n}\n',
    },
    is: 'Python 3.12, git, jq',
    doubts: ['is a program of Nix, read as text'],
  },
  {
    name: 'Homebrew',
    files: { Brewfile: 'tap "x/y"\nbrew "python@3.12"\nbrew "jq"\ncask "docker"\n' },
    is: 'Python 3.12, jq',
    doubts: ["asks for 1 that only a Mac's desktop has"],
  },
  {
    name: 'a Dockerfile alone',
    files: {
      Dockerfile:
        'FROM python:3.12-slim AS base\nRUN apt-get update && apt-get install -y --no-install-recommends \\\n    libpq-dev curl \\\n    obscure-tool && rm -rf /var/lib/apt/lists/*\n',
    },
    is: 'Python 3.12, curl, libpq',
    doubts: ['asks for obscure-tool'],
  },
  {
    name: 'a Dockerfile with nothing but packages of Debian',
    files: {
      Dockerfile:
        'FROM debian:bookworm-slim\nRUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get -yqq install --no-install-recommends python3.11 python3.11-venv \\\n  g++-12 libpq-dev python-is-python3 nodejs=18.* npm\n',
    },
    is: 'Node 24, Python 3.11, make, libpq',
  },
  {
    name: 'a Dockerfile with versions in arguments',
    files: {
      Dockerfile:
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as Docker writes it
        'ARG PYTHON_VERSION=3.12\nARG NODE_VERSION="22.4"\nFROM python:${PYTHON_VERSION}-slim AS base\nARG LATER=3\nFROM node:$NODE_VERSION-alpine\nFROM golang:${GO:-1.25}\nFROM ruby:${LATER}\n',
    },
    is: 'Node 22, Python 3.12, Go 1.26, Ruby 3.4',
  },
  {
    name: 'a Dockerfile with a here-document and lists of words',
    files: {
      Dockerfile:
        'FROM ubuntu:24.04\nRUN <<EOF\nset -e\napt-get update\n# apt-get install -y cowsay\napt-get install -y jq ripgrep\nEOF\nRUN ["apt-get", "install", "-y", "cmake"]\n',
    },
    is: 'CMake, jq, ripgrep',
  },
  {
    name: 'a Dockerfile against the repository',
    files: { 'package.json': '{}', '.nvmrc': '24', Dockerfile: 'FROM node:22-alpine\n' },
    is: 'Node 24',
    doubts: ['Dockerfile asks for Node 22, .nvmrc for 24: Node 24 is used'],
  },
]

const mixes: readonly Case[] = [
  {
    name: 'Python behind a Node front',
    files: {
      'pyproject.toml': '[project]\nrequires-python=">=3.13"\n',
      'web/package.json': json({ engines: { node: '24' } }),
      'web/pnpm-lock.yaml': '',
    },
    is: 'Node 24, pnpm 10, Python 3.13',
  },
  {
    name: 'Go with a Makefile and Docker',
    files: {
      'go.mod': 'module x\ngo 1.25\n',
      Makefile: '',
      Dockerfile: 'FROM golang:1.25 AS build\nFROM gcr.io/distroless/static\n',
    },
    is: 'Go 1.26, make',
  },
  {
    name: 'Rust with a Python binding',
    files: {
      'Cargo.toml': '[package]\nname="x"\n',
      'pyproject.toml': '[build-system]\nrequires=["maturin>=1"]\n[project]\nrequires-python=">=3.12"\n',
    },
    is: 'Python 3.13, Rust',
  },
  {
    name: 'a monorepo whose parts contradict its top and themselves',
    files: {
      'package.json': json({ engines: { node: '>=22' }, packageManager: 'pnpm@10' }),
      '.nvmrc': '24\n',
      'packages/legacy/.nvmrc': '20\n',
      'packages/api/package.json': json({ engines: { node: '^22' } }),
      'services/ml/.python-version': '3.12\n',
      'services/ml/pyproject.toml': '[project]\nrequires-python = ">=3.13"\n',
    },
    is: 'Node 24, pnpm 10, Python 3.12',
    doubts: [
      'packages/legacy/.nvmrc asks for Node 20, and nixpkgs has',
      'packages/api/package.json asks for Node ^22, .nvmrc for 24: Node 24 is used',
      'services/ml/pyproject.toml asks for Python >=3.13, services/ml/.python-version for 3.12: Python 3.12 is used',
    ],
  },
  {
    name: 'mise against package.json',
    files: {
      'mise.toml': '[tools]\nnode = "22"\npnpm = "9"\n',
      'package.json': json({ engines: { node: '>=24' }, packageManager: 'pnpm@10.1.0' }),
    },
    is: 'Node 22, pnpm 9',
    doubts: [
      'package.json asks for Node >=24, mise.toml for 22: Node 22 is used',
      'package.json asks for pnpm 10.1.0, mise.toml for 9: pnpm 9 is used',
    ],
  },
  {
    name: 'lock files of three package managers',
    files: {
      'package.json': '{}',
      'package-lock.json': '{}',
      'yarn.lock': '',
      'web/package.json': '{}',
      'web/pnpm-lock.yaml': '',
    },
    is: 'Node 24, pnpm 10, Yarn 1',
    doubts: ['package-lock.json lies beside yarn.lock, and no packageManager says which counts'],
  },
  {
    name: 'two apps with different Nodes',
    files: { 'a/package.json': '{}', 'a/.nvmrc': '22', 'b/package.json': '{}', 'b/.nvmrc': '24' },
    is: 'Node 22',
    doubts: ['b/.nvmrc asks for Node 24, a/.nvmrc for 22: Node 22 is used'],
  },
  {
    name: 'Rails with a front',
    files: {
      Gemfile: 'ruby "3.4.1"\n',
      'package.json': '{}',
      'yarn.lock': '',
      '.tool-versions': 'ruby 3.4.1\nnodejs 22\n',
    },
    is: 'Node 22, Yarn 1, Ruby 3.4',
    doubts: ['exactly Ruby 3.4.1'],
  },
  {
    name: 'a dev container and nothing else',
    files: { '.devcontainer/devcontainer.json': '{}', 'README.md': '' },
    is: '',
    devcontainer: '.devcontainer/devcontainer.json',
  },
  {
    name: 'a dev container beside Node',
    files: { '.devcontainer.json': '{}', 'package.json': '{}' },
    is: 'Node 24',
    devcontainer: '.devcontainer.json',
  },
  { name: 'words only', files: { 'README.md': '# Hello\n', LICENSE: '' }, is: '' },
  { name: 'nothing', files: {}, is: '' },
  { name: 'just and Zig', files: { justfile: 'build:\n  zig build\n', 'build.zig': '' }, is: 'just, Zig' },
]

export const corpus: readonly Case[] = [...node, ...python, ...others, ...mixes]

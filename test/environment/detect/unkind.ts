// biome-ignore-all lint/suspicious/noTemplateCurlyInString: other languages write their own placeholders so
import type { Case } from './corpus.ts'

/** Repositories as people leave them: what editors, other systems and haste do to files. */
export const unkind: readonly Case[] = [
  {
    name: 'a byte order mark and the line ends of Windows',
    files: {
      'package.json': '\ufeff{\r\n  "engines": { "node": ">= 22.0.0 < 25" }\r\n}\r\n',
      '.nvmrc': '\ufeffv24\r\n\r\n',
    },
    is: 'Node 24',
  },
  {
    name: 'a range with a gap and a space after each sign',
    files: { 'package.json': '{"engines":{"node":">=18 <21 || 22","npm":">=9"}}' },
    is: 'Node 22',
  },
  {
    name: 'nvm: the latest long-term one, with a comment',
    files: { 'package.json': '{}', '.nvmrc': '# see the wiki\nlts/* # for now\n' },
    is: 'Node 24',
  },
  {
    name: 'nvm by an old name',
    files: { 'package.json': '{}', '.nvmrc': 'lts/hydrogen' },
    is: 'Node 22',
    doubts: ['asks for Node lts/hydrogen, and nixpkgs has'],
  },
  {
    name: 'nvm by a name that is none',
    files: { 'package.json': '{}', '.nvmrc': 'lts/unobtainium' },
    is: 'Node 24',
    doubts: ["'lts/unobtainium', which is not understood"],
  },
  {
    name: 'empty files',
    files: {
      'package.json': '',
      '.nvmrc': '',
      'go.mod': '',
      'pyproject.toml': '',
      'Cargo.toml': '',
      'pom.xml': '',
      'mise.toml': '',
      '.tool-versions': '\n',
    },
    is: 'Node 24, Python 3.13, Go 1.26, Rust, Java 21, Maven',
    doubts: ['Cargo.toml describes no package', 'package.json cannot be understood'],
  },
  {
    name: 'files that are not what their names say',
    files: {
      'package.json': '<<<<<<< HEAD\n{',
      'pyproject.toml': '[project\nx',
      'pom.xml': '<project><a></b></project>',
      'global.json': '[',
      'mise.toml': 'tools = 3',
    },
    is: 'Node 24, Python 3.13, Java 21, Maven',
    doubts: [
      'global.json cannot be understood',
      'package.json cannot be understood',
      'pom.xml cannot be understood',
      'pyproject.toml cannot be understood',
    ],
  },
  {
    name: 'types that are not what they should be',
    files: {
      'package.json': '{"engines":["node >= 4"],"packageManager":{"name":"pnpm"},"volta":null}',
      'composer.json': '{"require":[],"config":7}',
      'devbox.json': '{"packages":{"nodejs":{"version":"22"},"python":3.12,"jq":"latest"}}',
    },
    is: 'Node 22, Python 3.12, PHP 8.4, jq',
  },
  {
    name: 'what would be code in a flake',
    files: {
      'devbox.json': '{"packages":["jq; rm -rf /","${builtins.abort \\"x\\"}","\\"","a.b.c@1","../x"]}',
      '.nvmrc': '22"; builtins.abort "x\n',
    },
    is: 'Node 22, a.b.c',
    doubts: ["names 'jq; rm -rf /'", "names '${builtins.abort", "names '\"'", "names '../x'"],
  },
  {
    name: 'pyproject for Python that is not yet, and a Pipfile that says otherwise',
    files: {
      'pyproject.toml': '[project]\nrequires-python = ">=3.12, !=3.13.*, <3.15"\n',
      Pipfile: '[requires]\npython_version = "3.11"\n',
    },
    is: 'Python 3.11, Pipenv',
    doubts: ['pyproject.toml asks for Python >=3.12, !=3.13.*, <3.15, Pipfile for 3.11: Python 3.11 is used'],
  },
  {
    name: 'an exception in a range',
    files: { 'pyproject.toml': '[project]\nrequires-python = ">=3.12,!=3.13.*,<3.15" # see 412\n' },
    is: 'Python 3.14',
  },
  {
    name: 'examples, fixtures and what was vendored do not count when they are not read',
    files: { 'README.md': '', 'docs/index.md': '' },
    is: '',
  },
  {
    name: 'a pom with comments, a namespace and inheritance',
    files: {
      'pom.xml':
        '<?xml version="1.0"?>\r\n<!-- <java.version>8</java.version> -->\r\n<project xmlns="http://maven.apache.org/POM/4.0.0"><parent><version>3.4.0</version></parent>\n<properties>\n<java.version>\n 21 </java.version></properties><build><plugins><plugin><configuration><release>${jdk}</release></configuration></plugin></plugins></build></project>',
      'module/pom.xml': '<project><properties><maven.compiler.target>17</maven.compiler.target></properties></project>',
      'mvnw.cmd': '',
    },
    is: 'Java 21, Maven',
  },
  {
    name: 'entities that grow',
    files: {
      'pom.xml':
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><project><properties><java.version>&b;</java.version></properties></project>',
    },
    is: 'Java 21, Maven',
    doubts: ['pom.xml cannot be understood'],
  },
  {
    name: 'a Dockerfile with stages, arguments, a heredoc and Alpine',
    files: {
      Dockerfile:
        '# syntax=docker/dockerfile:1\nARG NODE=22\nFROM --platform=$BUILDPLATFORM node:${NODE}-alpine AS deps\n# RUN apt-get install -y cowsay\nRUN apk add --no-cache --virtual .build python3 make g++ \\\n  # a comment in between\n  libc6-compat\nFROM deps AS build\nFROM ghcr.io/us/base@sha256:0123\nRUN <<EOT\napt-get update\nEOT\n',
      'package.json': '{}',
    },
    is: 'Node 22, Python 3.13, make',
    doubts: ['asks for libc6-compat'],
  },
  {
    name: 'deno that keeps a package.json',
    files: { 'deno.json': '{"imports":{}} // trailing', 'package.json': '{"type":"module"}' },
    is: 'Deno',
  },
  {
    name: 'mise with tables, an old name and words in place of versions',
    files: {
      '.mise.toml':
        '[env]\nX = "1"\n[tools]\nnode = { version = "lts", postinstall = "corepack enable" }\njava = "temurin-17.0.9+9"\nrust = { version = "1.84", components = "clippy" }\n"aqua:BurntSushi/ripgrep" = "latest"\npython = "system"\n',
    },
    is: 'Node 24, Python 3.13, rustup, Java 17, ripgrep',
    doubts: ['asks for Rust 1.84'],
  },
  {
    name: 'a Gemfile with groups, a constant and JRuby',
    files: {
      Gemfile:
        "# ruby '2.0'\nsource 'https://rubygems.org'\nruby '3.4.1', :engine => 'jruby', :engine_version => '10.0.0'\ngroup :development do\n  gem 'x'\nend\n",
    },
    is: 'Ruby 3.4',
    doubts: ['exactly Ruby 3.4.1', 'asks for another engine'],
  },
  {
    name: 'a Composer range of single bars',
    files: { 'composer.json': '{"require":{"php":"~8.2.0|~8.3.0 | ~8.4.0","ext-mbstring":"*"}}' },
    is: 'PHP 8.4',
  },
  {
    name: 'an old .NET beside a new one',
    files: {
      'Old/Old.csproj':
        '<Project ToolsVersion="15.0" xmlns="http://schemas.microsoft.com/developer/msbuild/2003"><PropertyGroup><TargetFrameworkVersion>v4.8</TargetFrameworkVersion></PropertyGroup></Project>',
      'New/New.csproj':
        '\ufeff<Project Sdk="Microsoft.NET.Sdk">\r\n<PropertyGroup><!-- net6.0 --><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>',
      'All.sln': '',
    },
    is: '.NET 10',
    doubts: ['targets .NET Framework v4.8'],
  },
  {
    name: 'version files that contradict each other in three ways',
    files: {
      'package.json': '{"engines":{"node":"^26"},"volta":{"node":"24.3.0"}}',
      '.nvmrc': '22',
      '.node-version': '24',
      '.tool-versions': 'nodejs 26.0.0\n',
    },
    is: 'Node 24',
    doubts: [
      '.nvmrc asks for Node 22',
      '.tool-versions asks for Node 26.0.0',
      'package.json asks for Node ^26',
      'exactly Node 24.3.0',
    ],
  },
  {
    name: 'files of nothing but blanks, as large as is read',
    files: {
      'rust-toolchain': '\n'.repeat(256 * 1024),
      'app/pubspec.yaml': `name: x\n${' \n'.repeat(128 * 1024)}`,
      'service/environment.yml': '['.repeat(256 * 1024),
      'web/pnpm-workspace.yaml': '\n'.repeat(256 * 1024),
    },
    is: 'pnpm 10, Python 3.13, Rust, Dart',
    doubts: ['is for conda'],
  },
  {
    name: 'a wish as long as a file',
    files: { 'package.json': `{"engines":{"node":"${'>=22 || '.repeat(20_000)}"}}` },
    is: 'Node 24',
    doubts: ['which is not understood'],
  },
  {
    name: 'a name that hides a line break',
    files: { 'a\u202eb/package.json': '{"packageManager":"evil\\nmanager@1"}' },
    is: 'Node 24',
    doubts: ['a⟪U+202E⟫b/package.json names the package manager'],
  },
]

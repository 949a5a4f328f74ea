/**
 * What runs in a user's checkout without being started: when they enter the folder, open it in an editor, use git, or start an agent of
 * their own there. A name counts in every folder, and what lies below it with it. New drivers in `.gitattributes` are found by
 * `changesDrivers`. What the user starts themselves (tests, build files, scripts) is theirs to look at first.
 */
export const defaultHeldPaths: readonly string[] = [
  // git: where LFS and submodules fetch from, what hooks managers have it run, a configuration that the user's may include
  '.lfsconfig',
  '.gitmodules',
  '.gitconfig',
  '.husky',
  '.githooks',
  '.git-hooks',
  '{.,}lefthook{-local,}.{yml,yaml,json,jsonc,toml}',
  '.lefthook',
  '.lefthook-local',
  '.pre-commit-config.{yaml,yml}',
  '.overcommit.yml',
  '{.,}captainhook{.config,}.json',
  // shells, on entering the folder
  '.envrc',
  '.mise',
  '{.,}mise{.*,}.toml',
  '.config/mise*',
  '.rtx.toml',
  '.shadowenv.d',
  '.autoenv{.zsh,}',
  // editors, on opening it
  '.vscode',
  '*.code-workspace',
  '.idea',
  '.fleet',
  '.zed',
  '.helix',
  '.devcontainer',
  '.devcontainer.json',
  '.exrc',
  '.vimrc',
  '.lvimrc',
  '.nvimrc',
  '.nvim.lua',
  '.dir-locals{-2,}.el',
  // debuggers
  '.gdbinit',
  '.lldbinit',
  // agents: settings with hooks, servers and permissions
  '.claude',
  '.mcp.json',
  '.cursor',
  '.codex',
  '.gemini',
  '.kiro',
  '.windsurf',
  '.roo',
  '.opencode',
  'opencode.{json,jsonc}',
]

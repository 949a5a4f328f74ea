/** What an agent is told that is to make a repository ready for other agents. It works with the guest's own tools. */
export const setUpText = `Make this repository ready for the tasks of other agents: describe in it the tools with which it is built and tested.

Each task runs in a virtual machine of its own on a fresh clone. It works in the development shell of a flake.nix at the top of the repository, where there is
one with devShells.default; else in the dev container that .devcontainer/devcontainer.json describes. Now it has neither that works, and you have the machine's own
tools: git, Node, Python, a C compiler, nix, podman and devcontainer.

1. Find out what the project needs: its manifests, lock files, version files, CI, README. Take the versions that it asks for.
2. Write flake.nix, for x86_64-linux and aarch64-linux, with an input that is pinned by flake.lock. Where nixpkgs cannot give what is needed, or cannot be reached, write
   .devcontainer/devcontainer.json instead, with an image of Debian or Ubuntu; no privileged container, no mounts of the host, no Docker Compose. Keep it small: what building and
   testing needs, and nothing for editors.
3. Prove it. Enter it as a task would: nix develop --command COMMAND, or devcontainer up --docker-path podman --workspace-folder . and devcontainer exec --docker-path podman --workspace-folder . COMMAND.
   Install the project's dependencies and run its build and its tests in there, from a clean clone. Mend what you wrote until they run; do not change the project to make tests pass.
4. Commit only what you wrote, in one commit. Nothing that the build left behind.
5. Say at the end which commands you ran in there and how each ended, word for word where one failed, and what you could not try: a network that is closed, for example.

A person looks at your work before it is merged.
`

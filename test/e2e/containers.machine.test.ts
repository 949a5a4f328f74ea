import { expect, test } from 'vitest'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'

/** An image of one program that needs no other file, which the guest has for its own start. */
const importImage = [
  'mkdir -p image/bin && cp "$(command -v busybox)" image/bin/busybox && ln -s busybox image/bin/sh',
  'tar -C image -c . | docker import -q - localhost/stub:1 >/dev/null && rm -r image',
].join(' && ')

const build = String.raw`printf 'FROM localhost/stub:1\nRUN /bin/busybox echo made by a build >/made\n' | docker build -q -t localhost/made:1 - >/dev/null`
const show = 'docker run --rm localhost/made:1 /bin/busybox cat /made'

/** Each does what it is for, and says one word. */
const programs = [
  'node -p "[1].length ? \'node\' : 0"',
  'npm --version | sed "s/^[0-9.]*$/npm/"',
  'python3 -c \'print("python")\'',
  'python3 -m venv /tmp/venv && /tmp/venv/bin/pip --version | cut -d" " -f1',
  "printf 'int main() { return 0; }' | gcc -x c - -o /tmp/program && /tmp/program && echo gcc",
  "printf 'all:\\n\\t@echo make' | make -sf -",
  'echo ripgrep | rg -o rip && echo 1 | jq -r \'"jq"\'',
].join('; ')

test('a guest has plain tools, runs and builds containers without a network, and the next task of its slot has their images', async () => {
  const said: string[] = []
  const hear = ({ results }: History) => {
    said.push(results.at(-1)?.text ?? '')
    return say('Done.')
  }
  await using api = await startScriptedApi({
    scripts: {
      first: sequence(
        () => bash(programs),
        ({ results }) => {
          said.push(results.at(-1)?.text ?? '')
          return bash(
            `set -e; ${importImage}; docker run --rm localhost/stub:1 /bin/busybox echo run; ${build}; ${show}`,
          )
        },
        hear,
      ),
      second: sequence(() => bash(show), hear),
    },
  })
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: { 'README.md': 'A project\n' } } })
  await orchestra.command('allow', orchestra.pathOf('project'), '--environment', 'plain')
  const slots: unknown[] = []
  for (const script of ['first', 'second']) {
    const id = await orchestra.runTask('project', `Use containers. [script: ${script}]`)
    const view = await orchestra.until(id, 'finished')
    expect(view).toMatchObject({ status: 'completed', error: null })
    slots.push(view.slot)
  }
  expect(said).toEqual(['node\nnpm\npython\npip\ngcc\nmake\nrip\njq', 'run\nmade by a build', 'made by a build'])
  expect(slots[1]).toBe(slots[0])
})

import { prepareHost } from '../../support/machines/prepare-host.ts'
import { type Bench, summarize } from '../measure.ts'
import { startTimedServer, type TimedTask, timeTask } from '../timed-task.ts'
import { makeMachines } from './boot.ts'

export const task: Bench = {
  name: 'task',
  about: "one whole task in a real VM, without Claude's own time and the boot floor",
  async measure(context) {
    const { quick, say, signal } = context
    const image = await prepareHost(say, signal)
    const { bootBare } = await makeMachines(context, image)
    const server = await startTimedServer(context)
    say('a first task, which formats the disks of its slot')
    await timeTask(server, 'project')
    const floors: number[] = []
    const runs: TimedTask[] = []
    const largeRuns: TimedTask[] = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      say(`round ${round + 1}`)
      floors.push(await bootBare())
      runs.push(await timeTask(server, 'project'))
      largeRuns.push(await timeTask(server, 'large'))
    }
    const floor = summarize(floors).quoted
    return [
      {
        what: "whole task, run_task to event, without Claude's seconds and the boot floor",
        unit: 'ms',
        ours: runs.map(({ wallMs, claudeMs }) => wallMs - claudeMs - floor),
        against: null,
        goal: { kind: 'limit', atMost: 1500 },
        unreached: `${mostlyEmulated}; Claude Code's loading before its own count is in it.`,
        notes: [
          `All of it: ${seconds(runs.map(({ wallMs }) => wallMs))}; Claude by its own account: ${seconds(runs.map(({ claudeMs }) => claudeMs))}; boot floor: ${seconds(floors)} (medians).`,
          `Where it goes (medians): ${partsOf(runs)}.`,
        ],
      },
      {
        what: "the same, all of Claude's process taken as Claude's own",
        unit: 'ms',
        ours: runs.map(({ wallMs, processMs }) => wallMs - processMs - floor),
        against: null,
        goal: { kind: 'limit', atMost: 1500 },
        unreached: `${mostlyEmulated}, of which nix develop and the boot beyond its floor are most. A machine that was booted ahead (see the row on warm start) saves the boot.`,
        notes: [
          'Its own account begins when its program is loaded; this takes off all from its start to its last line.',
        ],
      },
      {
        what: 'end of agent to event delivered, 95 MB repository',
        unit: 'ms',
        ours: largeRuns.map(({ afterAgentMs }) => afterAgentMs),
        against: null,
        goal: { kind: 'limit', atMost: 300 },
        unreached:
          'most of it is 26 starts of git, some 5 ms each, few of which can be had at the same time, while the guest powers off on the same two processors: reading the clone is not begun before its guest is kept from it.',
        notes: [
          'From result.json to the event; the guest makes its disks clean and powers off meanwhile.',
          `Where it goes (medians): ${partsOf(largeRuns, lastParts)}.`,
          `Small repository: ${seconds(runs.map(({ afterAgentMs }) => afterAgentMs))} (median).`,
          `Before it, in the large one: ${partsOf(largeRuns, ['clone', 'nix develop'])}.`,
        ],
      },
      {
        what: 'nix develop in a further task, 95 MB repository',
        unit: 'ms',
        ours: partOf(largeRuns, 'nix develop'),
        against: { what: 'in one of 1 MB', values: partOf(runs, 'nix develop') },
        goal: { kind: 'ratio', atMost: 1.2 },
        notes: ['Of a repository whose flake imports single files at the most nix is shown these, and nothing else.'],
      },
    ]
  },
}

const mostlyEmulated =
  'most of it is the guest at work on an emulated processor, some ten times slower than one with KVM'

/** Those after the agent's end. */
const lastParts = [
  'what runs there ended and its shares closed',
  'salvage',
  'result on the host',
  'merge',
  'finish',
  'announce',
]

function partsOf(runs: readonly TimedTask[], only?: readonly string[]): string {
  const names = only ?? [...new Set(runs.flatMap(({ parts }) => [...parts.keys()]))]
  return names.map((name) => `${name} ${seconds(partOf(runs, name))}`).join(', ')
}

const partOf = (runs: readonly TimedTask[], name: string): readonly number[] =>
  runs.map(({ parts }) => parts.get(name) ?? 0)

const seconds = (values: readonly number[]): string => `${(summarize(values).quoted / 1000).toFixed(2)} s`

import type { Lived } from '../attack.ts'

const lived = { kind: 'lived' } as const

/** By name, because the scenes that carry them out tell what came of each. */
export const livedAttacks = {
  keyOnConsole: {
    ...lived,
    name: 'key-on-the-console',
    tries: 'Prints its key on its console, in one piece and in two.',
    rule: 'the key goes',
  },
  keyInResult: {
    ...lived,
    name: 'key-in-the-result',
    tries: 'Writes its key into its result and the stream of its agent.',
    rule: 'the key goes',
  },
  keyNotTaken: {
    ...lived,
    name: 'key-never-taken',
    tries: 'Leaves its key where it lies.',
    rule: 'the key goes',
  },
  keyInProcesses: {
    ...lived,
    name: 'key-in-processes',
    tries: 'Has the key found in arguments or environment of a process of the host.',
    rule: 'the key goes',
  },
  escapes: {
    ...lived,
    name: 'escapes-to-the-terminal',
    tries: 'Sends sequences to its console that write to the clipboard and type for the user.',
    rule: 'the console is text',
  },
  flood: {
    ...lived,
    name: 'console-flooded',
    tries: 'Prints without end on its console.',
    rule: 'the console is text',
  },
  lyingLine: {
    ...lived,
    name: 'forged-frames',
    tries:
      'Puts a program of its own at its end of the line for shells: it floods, speaks of streams that are not there, and never takes what it is sent.',
    rule: 'limits hold',
  },
  reboots: {
    ...lived,
    name: 'reboots-for-ever',
    tries: 'Starts itself again in place of powering off.',
    rule: 'limits hold',
  },
  ignoredPowerOff: {
    ...lived,
    name: 'deaf-to-the-power-button',
    tries: 'Hears that it is asked to power off, and stays.',
    rule: 'limits hold',
  },
  startedFifo: {
    ...lived,
    name: 'started-is-a-fifo',
    tries: 'Makes a FIFO of the file by which the host sees that it started.',
    rule: 'files are checked',
  },
  swaps: {
    ...lived,
    name: 'swapped-while-read',
    tries: 'Swaps a file for a link to a file of the host, over and over, while the host reads it.',
    rule: 'files are checked',
  },
  keySwapped: {
    ...lived,
    name: 'key-swapped-while-deleted',
    tries:
      'Makes a folder of its key file, and swaps what is in it for a link, over and over, while the host deletes it.',
    rule: 'deletion stays inside',
  },
  endlessProcesses: {
    ...lived,
    name: 'processes-without-end',
    tries: 'Starts processes until no more can be started.',
    rule: 'limits hold',
  },
  hog: {
    ...lived,
    name: 'memory-without-end',
    tries: 'Takes memory until there is no more.',
    rule: 'limits hold',
  },
} as const satisfies Record<string, Lived>

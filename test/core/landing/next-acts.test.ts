import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Checked, type LandingAct, nextActs, type Prepared } from '../../../main/core/landing/next-acts.ts'

/** A repository as a model: a commit is the list of works in it, and its tree their set. Some pairs of works collide. */
interface World {
  readonly works: number
  readonly collide: ReadonlySet<string>
  /** A pure function of the tree. */
  readonly isGreen: (tree: string) => boolean
}

type Fate = 'landed' | 'red' | 'collides' | 'withdrawn'

const nothing = '-'
const partsOf = (commit: string): readonly string[] => commit.split(',').filter((part) => part !== nothing)
const treeOf = (commit: string): string => partsOf(commit).toSorted().join(' ')
const collides = ({ collide }: World, id: string, onto: string): boolean =>
  partsOf(onto).some((other) => collide.has([id, other].toSorted().join()))
const put = (world: World, id: string, onto: string): Prepared =>
  collides(world, id, onto)
    ? { kind: 'settled' }
    : { kind: 'ready', commit: `${onto},${id}`, tree: treeOf(`${onto},${id}`) }

/** One after the other, each checked on the branch as it is: what a train must come to as well. */
function oneByOne(world: World, order: readonly string[]): { readonly tip: string; readonly fates: Map<string, Fate> } {
  const fates = new Map<string, Fate>()
  let tip = nothing
  for (const id of order) {
    const work = put(world, id, tip)
    if (work.kind === 'settled') fates.set(id, 'collides')
    else if (world.isGreen(work.tree)) {
      tip = work.commit
      fates.set(id, 'landed')
    } else fates.set(id, 'red')
  }
  return { tip, fates }
}

/** Carries out what is decided; checks end in an order that `choose` chooses, and works arrive meanwhile. `withdraws`: whether the user takes one out now. */
function runTrain(
  world: World,
  order: readonly string[],
  {
    ahead,
    choose,
    outside = () => false,
    withdraws = () => false,
  }: { ahead: number; choose: (count: number) => number; outside?: () => boolean; withdraws?: () => boolean },
) {
  let tip = nothing
  let users = 0
  const tips = [tip]
  const coming = [...order]
  const queue: string[] = []
  const prepared = new Map<string, Prepared>()
  const results = new Map<string, Checked>()
  const running = new Map<string, string>()
  const ended: string[] = []
  const fates = new Map<string, Fate>()
  const unwanted = new Set<string>()
  const over = (id: string, fate: Fate) => {
    if (fate !== 'withdrawn') expect(queue[0]).toBe(id)
    expect(unwanted.has(id)).toBe(fate === 'withdrawn')
    fates.set(id, fate)
    queue.splice(queue.indexOf(id), 1)
  }
  const act = (one: LandingAct): void => {
    if (one.kind === 'prepare') prepared.set(`${one.id} ${one.onto}`, put(world, one.id, one.onto))
    else if (one.kind === 'check') running.set(one.id, one.tree)
    else if (one.kind === 'eject') over(one.id, 'red')
    else if (one.kind === 'settle') over(one.id, 'collides')
    else if (one.kind === 'withdraw') {
      running.delete(one.id)
      over(one.id, 'withdrawn')
    } else {
      expect(one.commit).toBe(`${tip},${one.id}`)
      tip = one.commit
      tips.push(tip)
      over(one.id, 'landed')
    }
  }
  const endOne = () => {
    const ids = [...running.keys()]
    const id = ids[choose(ids.length)] as string
    const tree = running.get(id) as string
    expect(results.has(tree)).toBe(false)
    results.set(tree, world.isGreen(tree) ? 'green' : 'red')
    ended.push(tree)
    running.delete(id)
  }
  /** What comes from outside. */
  const happen = () => {
    if (coming.length > 0 && (queue.length === 0 || choose(2) === 0)) queue.push(coming.shift() as string)
    if (outside()) {
      users += 1
      tip = `${tip},u${users}`
      tips.push(tip)
    }
    if (queue.length > 0 && withdraws()) unwanted.add(queue[choose(queue.length)] as string)
  }
  const step = () => {
    happen()
    const { acts, wanted, isComplete } = nextActs({
      ...{ tip, queue, ahead },
      prepared: (id, onto) => prepared.get(`${id} ${onto}`),
      checked: (_id, tree) => results.get(tree) ?? ([...running.values()].includes(tree) ? 'running' : undefined),
      withdrawn: (id) => unwanted.has(id),
    })
    const useful = new Set([...wanted.values()].map(({ tree }) => tree))
    for (const [id, tree] of isComplete ? running : []) if (!useful.has(tree)) running.delete(id)
    // As the program does: one act at a time, but for checks.
    for (const one of acts) if (one.kind === 'check' && !running.has(one.id)) act(one)
    const next = acts.find(({ kind }) => kind !== 'check')
    if (next) act(next)
    if (running.size > 0 && (acts.length === 0 || choose(2) === 0)) endOne()
  }
  for (let steps = 0; coming.length + queue.length > 0; steps += 1) {
    expect(steps).toBeLessThan(5_000)
    step()
  }
  return { tip, tips, fates, ended }
}

const worlds = fc
  .record({
    works: fc.integer({ min: 1, max: 12 }),
    pairs: fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 8 }),
    /** A tree is red when it holds all of one of these: alone, or together as in a semantic conflict. */
    bad: fc.array(fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 3 }), { maxLength: 5 }),
  })
  .map(({ works, pairs, bad }): World => {
    const collide = new Set(pairs.map(([one, other]) => [`w${one}`, `w${other}`].toSorted().join()))
    const isGreen = (tree: string) => {
      const parts = new Set(tree.split(' '))
      return !bad.some((set) => set.every((part) => parts.has(`w${part}`)))
    }
    return { works, collide, isGreen }
  })
const orderOf = ({ works }: World): readonly string[] => Array.from({ length: works }, (_, index) => `w${index}`)
const chances = fc.infiniteStream(fc.nat(1_000)).map((stream) => (count: number) => {
  const next: IteratorResult<number> = stream.next()
  return (next.value ?? 0) % count
})

test('a train comes to what landing one after the other comes to, and no tree is checked twice', () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 10 }), chances, (world, ahead, choose) => {
      const { tip, fates, ended } = runTrain(world, orderOf(world), { ahead, choose })
      expect({ tip, fates: [...fates].toSorted() }).toEqual({
        tip: oneByOne(world, orderOf(world)).tip,
        fates: [...oneByOne(world, orderOf(world)).fates].toSorted(),
      })
      expect(new Set(ended).size).toBe(ended.length)
    }),
    { numRuns: 2_000 },
  )
})

test('each commit that a train brings is green, also where the user moves the branch meanwhile, and every work comes to an end', () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 10 }), chances, (world, ahead, choose) => {
      let moves = 0
      const outside = () => moves < 5 && choose(8) === 0 && ++moves > 0
      const { tips, fates } = runTrain(world, orderOf(world), { ahead, choose, outside })
      expect([...fates.keys()].toSorted()).toEqual(orderOf(world).toSorted())
      for (const tip of tips) expect(tip.includes('w') ? world.isGreen(treeOf(tip)) : true).toBe(true)
      for (const [id, fate] of fates) expect(partsOf(tips.at(-1) ?? '').includes(id)).toBe(fate === 'landed')
    }),
    { numRuns: 2_000 },
  )
})

test('what its user takes out does not land, and all else comes to what it comes to without it', () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 10 }), chances, (world, ahead, choose) => {
      const { tip, tips, fates } = runTrain(world, orderOf(world), { ahead, choose, withdraws: () => choose(6) === 0 })
      const rest = orderOf(world).filter((id) => fates.get(id) !== 'withdrawn')
      const alone = oneByOne(world, rest)
      expect(tip).toBe(alone.tip)
      for (const [id, fate] of fates) expect(fate).toBe(alone.fates.get(id) ?? 'withdrawn')
      expect(fates.size).toBe(world.works)
      for (const each of tips) expect(each.includes('w') ? world.isGreen(treeOf(each)) : true).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('works that may all land are all checked at once', () => {
  const world: World = { works: 6, collide: new Set(), isGreen: () => true }
  const known = new Map<string, Prepared>()
  const facts = {
    ...{ tip: nothing, queue: orderOf(world), ahead: 4 },
    prepared: (id: string, onto: string) => known.get(`${id} ${onto}`),
    checked: () => undefined,
    withdrawn: () => false,
  }
  for (;;) {
    const { acts, isComplete } = nextActs(facts)
    if (isComplete) break
    const act = acts.find(({ kind }) => kind === 'prepare') as Extract<LandingAct, { kind: 'prepare' }>
    known.set(`${act.id} ${act.onto}`, put(world, act.id, act.onto))
  }
  expect(nextActs(facts).acts.map(({ kind, id }) => ({ kind, id }))).toEqual(
    ['w0', 'w1', 'w2', 'w3'].map((id) => ({ kind: 'check', id })),
  )
})

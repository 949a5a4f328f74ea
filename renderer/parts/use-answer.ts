import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../main/core/failure.ts'
import type { AnswerOf, RequestName, RequestOf } from '../../preload/contract.ts'
import { host } from '../api.ts'

export type Answer<Value> =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: Value }
  | { readonly status: 'failed'; readonly failure: Failure }

/**
 * The host's answer to a call, asked for again whenever the request or `version` changes. What is shown stays while the same request is asked again; the
 * answer to a request that is no longer the question is dropped.
 */
export function useAnswer<Name extends RequestName>(
  name: Name,
  request: RequestOf<Name>,
  version: unknown = 0,
): Answer<AnswerOf<Name>> & { readonly again: () => void } {
  const question = JSON.stringify(request)
  const [held, setHeld] = useState<{ question: string; answer: Answer<AnswerOf<Name>> }>()
  const turn = useRef(0)
  // The request is what its text says; a new object of the same text is no new question.
  const ask = useCallback(async () => {
    turn.current += 1
    const mine = turn.current
    const reply = await host().call(name, JSON.parse(question) as RequestOf<Name>)
    if (mine !== turn.current) return
    setHeld({
      question,
      answer: reply.ok ? { status: 'ready', value: reply.value } : { status: 'failed', failure: reply.failure },
    })
  }, [name, question, version])
  useEffect(() => {
    void ask()
    return () => {
      turn.current += 1
    }
  }, [ask])
  const answer: Answer<AnswerOf<Name>> = held?.question === question ? held.answer : { status: 'loading' }
  return { ...answer, again: () => void ask() }
}

import { Suspense } from 'react'
import { useAdding } from '../stores/adding.ts'
import { later } from './later.ts'

const Asked = later(async () => (await import('../views/repositories/add-repository.tsx')).Asked)

/** What is asked while a repository is added, whatever view is shown. */
export function Adding() {
  const question = useAdding(({ questions }) => questions[0])
  if (!question) return null
  return (
    <Suspense>
      <Asked key={JSON.stringify(question)} question={question} />
    </Suspense>
  )
}

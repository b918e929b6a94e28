export default function Loading() {
  return (
    <div role="status" className="animate-pulse space-y-4">
      <span className="sr-only">Loading</span>
      <div className="h-8 w-56 rounded-md bg-line" />
      <div className="h-4 w-80 max-w-full rounded-md bg-line" />
      <div className="grid gap-4 pt-4 sm:grid-cols-2 lg:grid-cols-3">
        {[0, 1, 2].map((index) => (
          <div key={index} className="h-44 rounded-lg border border-line bg-surface" />
        ))}
      </div>
    </div>
  );
}

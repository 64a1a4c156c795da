using Holdfast.Engine.Index;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>What every room of the engine needs of an open repository.</summary>
internal sealed record RepositoryContext(IObjectStore Store, RepositoryConfig Config, KeyRing Keys, RepositoryIndex Index, TimeProvider Clock);

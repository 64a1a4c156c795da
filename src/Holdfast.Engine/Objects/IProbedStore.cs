using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>What a store makes of a put that is to succeed only where nothing is.</summary>
public enum StoreClass
{
    /// <summary>A: of any number of puts of one key at once exactly one succeeds.</summary>
    Atomic,

    /// <summary>B: a put to a taken key is refused, but of several at once more than one may succeed.</summary>
    NotUnderRace,

    /// <summary>C: a put with a condition is not understood. Without one, the last put stands.</summary>
    RefusesConditions,

    /// <summary>D: a condition is passed over in silence. The last put stands.</summary>
    IgnoresConditions,
}

/// <summary>A store of which it must be asked, and not assumed, what it makes of a put on condition: servers that speak one protocol
/// differ in this. See docs/stores.md.</summary>
public interface IProbedStore
{
    /// <summary>Asks the store by a race of many writers for one key, again and again. Some 700 requests; nothing stays behind.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it did not answer well enough to tell;
    /// <see cref="FailureKind.Refused"/> when it lets nobody write.</exception>
    Task<StoreClass> AskClassAsync(CancellationToken cancel);

    /// <summary>Tells the store what was found out earlier, so that it need not ask before its first put.</summary>
    void Trust(StoreClass known);

    /// <summary>Reads what was noted of this store. Null when there is no note.</summary>
    Task<byte[]?> ReadNoteAsync(CancellationToken cancel);

    /// <summary>Keeps a note of this store in the store, beside the objects: no listing shows it, no copy of the objects takes it
    /// along.</summary>
    Task WriteNoteAsync(byte[] note, CancellationToken cancel);
}

/// <summary>The classes in words.</summary>
public static class StoreClassWords
{
    /// <summary><c>A</c> to <c>D</c>.</summary>
    public static string Letter(this StoreClass of) =>
        of switch
        {
            StoreClass.Atomic => "A",
            StoreClass.NotUnderRace => "B",
            StoreClass.RefusesConditions => "C",
            _ => "D",
        };

    public static string InWords(this StoreClass of) =>
        of switch
        {
            StoreClass.Atomic => "A: of several writers of one object exactly one wins",
            StoreClass.NotUnderRace => "B: it refuses to write over an object, but not when several write at once",
            StoreClass.RefusesConditions => "C: it does not know writing on condition",
            _ => "D: it passes over the condition that an object is to be new",
        };
}

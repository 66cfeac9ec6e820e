// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AccountArgsLib} from "./AccountArgsLib.sol";
import {Pair} from "./PairLib.sol";
import {Position} from "./PositionLib.sol";
import {Totals, TotalsLib} from "./TotalsLib.sol";
import {Holder, IAssetAccount, Obligation} from "./interfaces/IAssetAccount.sol";

/// @notice The code behind every account; see {IAssetAccount}. Each account is a clone whose immutable arguments
/// (`AccountArgsLib`) say what it is.
/// @dev How the books are kept. All amounts inside are millionths of a token, below 2⁶². R is never stored: it is the
/// balance, plus what the edges took, plus what the holders took. What an edge took follows from the R up to which it is
/// paid, and as long as edges are paid together that is one number for all of them (`Totals.passed`); an edge that is ahead
/// of the others has its own (`_passedOf`), and a bit in the totals says that such edges exist.
/// The holders' right is an index that grows with their revenue, and a holder's mark is the index up to which it is
/// settled: a position of b shares has earned b·(index − mark)/divisor. Without a minter the index is the holders'
/// revenue itself (times 2¹⁶, and the divisor the supply times 2¹⁶), so it follows from R and is not stored either; with a
/// minter it is revenue per share times 2⁹⁶, added up. When shares move, what a position has earned is kept by setting its
/// mark back, below zero if need be, so that a transfer writes no more than the two positions.
contract AssetAccount is IAssetAccount, IERC20Errors, ReentrancyGuardTransient {
    using AccountArgsLib for bytes;
    using SafeERC20 for IERC20;

    /// @dev What one call works on.
    struct Book {
        bytes args;
        Totals totals;
        uint256 weights; // sum over the edges, ppm
        uint256 dollars; // R
        uint256 tribs; // R
        uint256 dollarIndex;
        uint256 tribIndex;
        uint256 divisor;
        uint256 supply; // only with a minter
    }

    /// @dev Release of one token's revenue, in accounts with a minter.
    struct Stream {
        uint112 index; // of what was released
        uint40 last; // unix seconds up to which was released
        uint40 end; // unix seconds when all is out
        uint64 locked; // seen, not yet released
    }

    /// @dev Marks of a holder in accounts with a minter, where they do not fit into the position.
    struct Marks {
        int128 dollar;
        int128 trib;
    }

    /// @dev What a holder wishes about its claims.
    struct Wish {
        address payee;
        bool onlySelf;
    }

    uint256 private constant PPM = 1e6;
    uint256 private constant DOLLAR = 0;
    uint256 private constant TRIB = 1;
    /// @dev Lifetime revenue that is counted: four million million tokens.
    uint256 private constant MAX_RECEIVED = 2 ** 62 - 1;
    /// @dev Bits of the index behind the point, without and with a minter. A claim or a transfer loses a holder less than
    /// 2⁻¹⁶ of a millionth, or shares·2⁻⁹⁶.
    uint256 private constant FIXED_BITS = 16;
    uint256 private constant STREAM_BITS = 96;
    /// @dev How far a mark is set back at most; an index is below twice that.
    uint256 private constant MAX_BACK_FIXED = 2 ** 77;
    uint256 private constant MAX_BACK_STREAM = 2 ** 120;

    /// @dev More than any payment in a dollar takes, behind a proxy and to a new holder.
    uint256 private constant PAYMENT_GAS = 120_000;

    /// @inheritdoc IAssetAccount
    uint256 public constant RELEASE = 24 hours;
    /// @inheritdoc IAssetAccount
    uint256 public constant MIN_SUPPLY = 1e12;

    /// @inheritdoc IAssetAccount
    address public immutable registry;
    /// @inheritdoc IAssetAccount
    address public immutable dollar;
    /// @inheritdoc IAssetAccount
    address public immutable trib;
    /// @dev Base units in a millionth.
    uint256 private immutable _dollarMillionth;
    uint256 private immutable _tribMillionth;

    Totals private _totals;
    mapping(address holder => Position) private _positions;
    /// @dev Earned and not claimed where no mark could hold it: after all shares went, or a payment that failed.
    mapping(address holder => Pair) private _accrued;
    mapping(address holder => Wish) private _wishes;
    mapping(address holder => mapping(address spender => uint256)) private _allowances;
    /// @dev R up to which one edge is paid, where that is more than `Totals.passed`.
    mapping(uint256 index => Pair) private _passedOf;

    // Only in accounts with a minter:
    uint256 private _supply;
    Stream[2] private _streams;
    /// @dev The holders' part of R that the streams have taken in.
    Pair private _seen;
    /// @dev Revenue from times without holders, not yet paid to the owner.
    Pair private _ownerDue;
    mapping(address holder => Marks) private _marks;

    constructor(address dollar_, address trib_) {
        registry = msg.sender;
        dollar = dollar_;
        trib = trib_;
        _dollarMillionth = _millionth(dollar_);
        _tribMillionth = _millionth(trib_);
    }

    // --- money ---

    /// @inheritdoc IAssetAccount
    function sync() external nonReentrant {
        Book memory book = _load();
        if (book.args.hasMinter()) _accrue(book);
    }

    /// @inheritdoc IAssetAccount
    function flush() external nonReentrant {
        Book memory book = _load();
        if (book.args.hasMinter()) _accrue(book);
        uint256 count = book.args.upstreamCount();
        if (count == 0) return;

        // All edges are written as paid before any is; `_mend` puts right what failed.
        Totals before = book.totals;
        Totals totals = before;
        bool isApart = before.apartAny();
        if (book.dollars > before.passed(DOLLAR)) {
            totals = totals.withPassed(DOLLAR, book.dollars, isApart && _anyBeyond(book, DOLLAR));
        }
        if (book.tribs > before.passed(TRIB)) {
            totals = totals.withPassed(TRIB, book.tribs, isApart && _anyBeyond(book, TRIB));
        }
        if (totals.equals(before)) return;
        _totals = totals;

        uint256 failed;
        for (uint256 i; i < count; ++i) {
            (address to, uint256 weight) = book.args.upstreamAt(i);
            uint256 dollars = _owed(book, DOLLAR, book.dollars, i, weight);
            if (dollars != 0 && !_pay(dollar, to, dollars * _dollarMillionth)) failed |= 1 << i;
            uint256 tribs = _owed(book, TRIB, book.tribs, i, weight);
            if (tribs != 0 && !_pay(trib, to, tribs * _tribMillionth)) failed |= 1 << (128 + i);
        }
        if (failed != 0) _mend(book, failed);
    }

    /// @inheritdoc IAssetAccount
    function pull(uint256 index) external nonReentrant returns (uint256 dollars, uint256 tribs) {
        Book memory book = _load();
        uint256 count = book.args.upstreamCount();
        require(index < count, NoSuchUpstream(index, count));
        if (book.args.hasMinter()) _accrue(book);

        (address to, uint256 weight) = book.args.upstreamAt(index);
        dollars = _pullOne(book, DOLLAR, index, to, weight);
        tribs = _pullOne(book, TRIB, index, to, weight);
    }

    /// @inheritdoc IAssetAccount
    function claim(address holder) external nonReentrant returns (uint256 dollars, uint256 tribs) {
        Position position = _positions[holder];
        address to = holder;
        if (position.hasWish()) {
            Wish memory wish = _wishes[holder];
            require(!wish.onlySelf || msg.sender == holder, ClaimOnlySelf(holder, msg.sender));
            if (wish.payee != address(0)) to = wish.payee;
        }
        Book memory book = _load();
        _accrue(book);

        (dollars, tribs) = _settle(book, holder, position);
        if (dollars | tribs == 0) return (0, 0);
        _totals = book.totals.withPaid(dollars, tribs);
        (uint256 dollarUnits, uint256 tribUnits) = (dollars * _dollarMillionth, tribs * _tribMillionth);
        emit Claimed(holder, dollarUnits, tribUnits);

        if (dollars != 0 && !_pay(dollar, to, dollarUnits)) dollarUnits = _keep(holder, DOLLAR, dollars);
        if (tribs != 0 && !_pay(trib, to, tribUnits)) tribUnits = _keep(holder, TRIB, tribs);
        return (dollarUnits, tribUnits);
    }

    /// @inheritdoc IAssetAccount
    function claimOwner() external nonReentrant returns (uint256 dollars, uint256 tribs) {
        Book memory book = _load();
        _accrue(book);
        address to = owner();
        require(to != address(this), PaidToSelf());

        dollars = _ownerPart(book, DOLLAR);
        tribs = _ownerPart(book, TRIB);
        if (dollars | tribs == 0) return (0, 0);
        _totals = book.totals.withPaid(dollars, tribs);
        bool hasMinter = book.args.hasMinter();
        if (hasMinter) _ownerDue = _ownerDue.sub(DOLLAR, dollars).sub(TRIB, tribs);
        (uint256 dollarUnits, uint256 tribUnits) = (dollars * _dollarMillionth, tribs * _tribMillionth);
        emit OwnerPaid(to, dollarUnits, tribUnits);

        if (dollars != 0 && !_pay(dollar, to, dollarUnits)) dollarUnits = _keepOwner(hasMinter, DOLLAR, dollars);
        if (tribs != 0 && !_pay(trib, to, tribUnits)) tribUnits = _keepOwner(hasMinter, TRIB, tribs);
        return (dollarUnits, tribUnits);
    }

    /// @inheritdoc IAssetAccount
    function setPayee(address payee, bool onlySelf) external {
        require(payee != address(this), PaidToSelf());
        _positions[msg.sender] = _positions[msg.sender].withWish();
        _wishes[msg.sender] = Wish({payee: payee, onlySelf: onlySelf});
        emit PayeeSet(msg.sender, payee, onlySelf);
    }

    // --- shares ---

    /// @inheritdoc IAssetAccount
    function initialize(Holder[] calldata holders) external {
        require(msg.sender == registry, NotRegistry(msg.sender));
        _totals = TotalsLib.OPENED; // so that the first flush or claim need not pay for the slot
        uint256 supply;
        for (uint256 i; i < holders.length; ++i) {
            (address holder, uint256 shares) = (holders[i].holder, holders[i].shares);
            Position position = _positions[holder];
            _positions[holder] = position.moved(position.balance() + shares, 0, 0);
            supply += shares;
            emit Transfer(address(0), holder, shares);
        }
        if (_args().hasMinter()) _supply = supply;
    }

    /// @inheritdoc IAssetAccount
    function mint(address to, uint256 shares) external nonReentrant {
        Book memory book = _load();
        address minter_ = book.args.minter();
        require(msg.sender == minter_, NotMinter(msg.sender, minter_));
        require(to != address(0), ERC20InvalidReceiver(to));
        _accrue(book);
        uint256 cap_ = book.args.cap();
        require(shares <= cap_ - book.supply, CapExceeded(Math.saturatingAdd(book.supply, shares), cap_));
        _supply = book.supply + shares;
        _move(book, address(0), to, shares);
    }

    /// @inheritdoc IAssetAccount
    function burn(uint256 shares) external nonReentrant {
        _burn(msg.sender, shares);
    }

    /// @inheritdoc IAssetAccount
    function burnFrom(address from, uint256 shares) external nonReentrant {
        _spendAllowance(from, shares);
        _burn(from, shares);
    }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 shares) external nonReentrant returns (bool) {
        _transfer(msg.sender, to, shares);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 shares) external nonReentrant returns (bool) {
        _spendAllowance(from, shares);
        _transfer(from, to, shares);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 shares) external returns (bool) {
        require(spender != address(0), ERC20InvalidSpender(spender));
        _allowances[msg.sender][spender] = shares;
        emit Approval(msg.sender, spender, shares);
        return true;
    }

    // --- what is so ---

    /// @inheritdoc IERC20Metadata
    function name() external pure returns (string memory) {
        return "Tributary shares";
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external pure returns (string memory) {
        return "SHARES";
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _totalSupply(_args());
    }

    /// @inheritdoc IERC20
    function balanceOf(address holder) external view returns (uint256) {
        return _positions[holder].balance();
    }

    /// @inheritdoc IERC20
    function allowance(address holder, address spender) external view returns (uint256) {
        return _allowances[holder][spender];
    }

    /// @inheritdoc IAssetAccount
    function kind() external view returns (uint8) {
        return _args().kind();
    }

    /// @inheritdoc IAssetAccount
    function owner() public view returns (address) {
        return IERC721(registry).ownerOf(uint256(uint160(address(this))));
    }

    /// @inheritdoc IAssetAccount
    function upstream() external view returns (address[] memory accounts, uint24[] memory weights) {
        bytes memory args = _args();
        uint256 count = args.upstreamCount();
        accounts = new address[](count);
        weights = new uint24[](count);
        for (uint256 i; i < count; ++i) {
            uint256 weight;
            (accounts[i], weight) = args.upstreamAt(i);
            weights[i] = uint24(weight);
        }
    }

    /// @inheritdoc IAssetAccount
    function dues() external view returns (uint24) {
        return _args().dues();
    }

    /// @inheritdoc IAssetAccount
    function obligations() external view returns (Obligation[] memory list) {
        bytes memory args = _args();
        uint256 inherited = args.obligationCount();
        uint24 own = args.dues();
        list = new Obligation[](own == 0 ? inherited : inherited + 1);
        for (uint256 i; i < inherited; ++i) {
            list[i] = args.obligationAt(i);
        }
        if (own != 0) list[inherited] = Obligation({ancestor: address(this), due: own, flow: uint24(PPM)});
    }

    /// @inheritdoc IAssetAccount
    function minter() external view returns (address) {
        return _args().minter();
    }

    /// @inheritdoc IAssetAccount
    function cap() external view returns (uint256) {
        return _args().cap();
    }

    /// @inheritdoc IAssetAccount
    function received(address token) external view nonReentrantView returns (uint256) {
        uint256 t = _number(token);
        return _receivedOf(_load(), t) * _millionthOf(t);
    }

    /// @inheritdoc IAssetAccount
    function owed(uint256 index, address token) external view nonReentrantView returns (uint256) {
        uint256 t = _number(token);
        Book memory book = _load();
        uint256 count = book.args.upstreamCount();
        require(index < count, NoSuchUpstream(index, count));
        return _owed(book, t, _receivedOf(book, t), index, book.args.weightAt(index)) * _millionthOf(t);
    }

    /// @inheritdoc IAssetAccount
    function claimable(address holder, address token) external view nonReentrantView returns (uint256) {
        uint256 t = _number(token);
        Book memory book = _load();
        _look(book);
        Position position = _positions[holder];
        (int256 dollarMark, int256 tribMark) = _marksOf(book, holder, position);
        uint256 scaled = t == DOLLAR
            ? _earned(position.balance(), book.dollarIndex, dollarMark)
            : _earned(position.balance(), book.tribIndex, tribMark);
        return (scaled / book.divisor + _accrued[holder].amount(t)) * _millionthOf(t);
    }

    /// @inheritdoc IAssetAccount
    function claimableOwner(address token) external view nonReentrantView returns (uint256) {
        uint256 t = _number(token);
        Book memory book = _load();
        uint256[2] memory toOwner = _look(book);
        return (_ownerPart(book, t) + toOwner[t]) * _millionthOf(t);
    }

    /// @inheritdoc IAssetAccount
    function releasing(address token) external view nonReentrantView returns (uint256 amount, uint256 until) {
        uint256 t = _number(token);
        Book memory book = _load();
        if (!book.args.hasMinter()) return (0, 0);
        book.supply = _supply;
        (Stream memory stream,,) = _advance(book, t);
        return (stream.locked * _millionthOf(t), stream.end);
    }

    /// @inheritdoc IAssetAccount
    function payeeOf(address holder) external view returns (address payee, bool onlySelf) {
        Wish memory wish = _wishes[holder];
        return (wish.payee, wish.onlySelf);
    }

    // --- the books ---

    function _load() private view returns (Book memory book) {
        bytes memory args = _args();
        Totals totals = _totals;
        uint256 dollars = IERC20(dollar).balanceOf(address(this)) / _dollarMillionth;
        uint256 tribs = IERC20(trib).balanceOf(address(this)) / _tribMillionth;
        uint256 weights;
        unchecked {
            // Amounts are below 2⁶² and weights below 2²⁰; balances are clamped first.
            dollars = (dollars < MAX_RECEIVED ? dollars : MAX_RECEIVED) + totals.paid(DOLLAR);
            tribs = (tribs < MAX_RECEIVED ? tribs : MAX_RECEIVED) + totals.paid(TRIB);
            uint256 count = args.upstreamCount();
            if (count != 0) {
                uint256 passedDollars = totals.passed(DOLLAR);
                uint256 passedTribs = totals.passed(TRIB);
                for (uint256 i; i < count; ++i) {
                    uint256 weight = args.weightAt(i);
                    weights += weight;
                    dollars += (passedDollars * weight) / PPM;
                    tribs += (passedTribs * weight) / PPM;
                }
            }
        }
        book.args = args;
        book.totals = totals;
        book.weights = weights;
        if (totals.apartAny()) {
            dollars += _ahead(book, DOLLAR);
            tribs += _ahead(book, TRIB);
        }
        book.dollars = dollars < MAX_RECEIVED ? dollars : MAX_RECEIVED;
        book.tribs = tribs < MAX_RECEIVED ? tribs : MAX_RECEIVED;
    }

    /// @dev What the edges that are ahead of the others took more than `Totals.passed` says.
    function _ahead(Book memory book, uint256 t) private view returns (uint256 sum) {
        if (!book.totals.apart(t)) return 0;
        uint256 count = book.args.upstreamCount();
        uint256 passed = book.totals.passed(t);
        for (uint256 i; i < count; ++i) {
            uint256 weight = book.args.weightAt(i);
            sum += _partDown(_passedBy(book, t, i), weight) - _partDown(passed, weight);
        }
    }

    /// @dev Whether some edge took its part of more than R: it pulled before an issuer took tokens away.
    function _anyBeyond(Book memory book, uint256 t) private view returns (bool) {
        if (!book.totals.apart(t)) return false;
        uint256 count = book.args.upstreamCount();
        uint256 received_ = _receivedOf(book, t);
        for (uint256 i; i < count; ++i) {
            if (_passedOf[i].amount(t) > received_) return true;
        }
        return false;
    }

    /// @dev R up to which edge `i` is paid.
    function _passedBy(Book memory book, uint256 t, uint256 i) private view returns (uint256 passed) {
        passed = book.totals.passed(t);
        if (book.totals.apart(t)) passed = Math.max(passed, _passedOf[i].amount(t));
    }

    function _owed(Book memory book, uint256 t, uint256 received_, uint256 i, uint256 weight)
        private
        view
        returns (uint256)
    {
        uint256 passed = _passedBy(book, t, i);
        unchecked {
            // The part of the larger is the larger.
            return received_ > passed ? _partDown(received_, weight) - _partDown(passed, weight) : 0;
        }
    }

    /// @dev The holders' part of R: what is left when the edges' part is rounded up.
    function _holdersPart(Book memory book, uint256 received_) private pure returns (uint256) {
        unchecked {
            // The weights add up to 10⁶ at most, and R is below 2⁶².
            return (received_ * (PPM - book.weights)) / PPM;
        }
    }

    /// @dev What belongs to the owner and is on the books already.
    function _ownerPart(Book memory book, uint256 t) private view returns (uint256) {
        if (book.args.hasMinter()) return _ownerDue.amount(t);
        if (book.args.cap() != 0) return 0;
        return Math.saturatingSub(_holdersPart(book, _receivedOf(book, t)), book.totals.paid(t));
    }

    /// @dev Brings the indices up to now, and on the books what is stored of them.
    function _accrue(Book memory book) private {
        if (!book.args.hasMinter()) return _index(book);
        book.supply = _supply;
        book.divisor = 1 << STREAM_BITS;
        Pair seen = _seen;
        for (uint256 t; t < 2; ++t) {
            (Stream memory stream, uint256 part, uint256 toOwner) = _advance(book, t);
            _streams[t] = stream;
            seen = seen.set(t, part);
            _setIndex(book, t, stream.index);
            if (toOwner != 0) _ownerDue = _ownerDue.add(t, toOwner);
        }
        _seen = seen;
    }

    /// @dev As `_accrue`, for views.
    function _look(Book memory book) private view returns (uint256[2] memory toOwner) {
        if (!book.args.hasMinter()) {
            _index(book);
            return toOwner;
        }
        book.supply = _supply;
        book.divisor = 1 << STREAM_BITS;
        for (uint256 t; t < 2; ++t) {
            Stream memory stream;
            (stream,, toOwner[t]) = _advance(book, t);
            _setIndex(book, t, stream.index);
        }
    }

    /// @dev The indices without a minter: functions of R alone.
    function _index(Book memory book) private pure {
        uint256 cap_ = book.args.cap();
        // Without shares nobody has any to multiply the index with; the divisor only must not be zero.
        book.divisor = cap_ == 0 ? 1 : cap_ << FIXED_BITS;
        book.dollarIndex = _holdersPart(book, book.dollars) << FIXED_BITS;
        book.tribIndex = _holdersPart(book, book.tribs) << FIXED_BITS;
    }

    /// @dev The release of token `t` as of now; the holders' part of R that it has taken in; and what of it falls to the
    /// owner because there are no holders.
    function _advance(Book memory book, uint256 t)
        private
        view
        returns (Stream memory stream, uint256 part, uint256 toOwner)
    {
        stream = _streams[t];
        uint256 seen = _seen.amount(t);
        part = Math.max(_holdersPart(book, _receivedOf(book, t)), seen);
        uint256 fresh = part - seen;
        uint256 locked = stream.locked;

        if (book.supply < MIN_SUPPLY) {
            stream.locked = 0;
            stream.last = stream.end = uint40(block.timestamp);
            return (stream, part, locked + fresh);
        }

        if (locked != 0) {
            uint256 released = block.timestamp < stream.end
                ? (locked * (block.timestamp - stream.last)) / (stream.end - stream.last)
                : locked;
            if (released != 0) {
                // What is less than a millionth waits for the next time, hence `last` moves only with a release.
                stream.last = uint40(block.timestamp);
                uint256 index = stream.index + (released << STREAM_BITS) / book.supply;
                stream.index = uint112(Math.min(index, type(uint112).max));
                locked -= released;
            }
        }
        if (fresh != 0) {
            uint256 left = locked == 0 ? 0 : stream.end - block.timestamp;
            stream.last = uint40(block.timestamp);
            stream.end = uint40(block.timestamp + (locked * left + fresh * RELEASE) / (locked + fresh));
            locked += fresh;
        }
        stream.locked = uint64(locked);
    }

    /// @dev What `balance` shares earned between `mark` and `index`, times the divisor. Below 2²⁵⁶: shares are below 2⁹⁶,
    /// index and mark within ±2¹²¹.
    function _earned(uint256 balance, uint256 index, int256 mark) private pure returns (uint256) {
        unchecked {
            return int256(index) > mark ? balance * uint256(int256(index) - mark) : 0;
        }
    }

    function _marksOf(Book memory book, address holder, Position position)
        private
        view
        returns (int256 dollarMark, int256 tribMark)
    {
        if (!book.args.hasMinter()) return (position.dollarMark(), position.tribMark());
        Marks memory marks = _marks[holder];
        return (marks.dollar, marks.trib);
    }

    function _place(
        Book memory book,
        address holder,
        Position position,
        uint256 balance,
        int256 dollarMark,
        int256 tribMark
    ) private {
        if (book.args.hasMinter()) {
            _marks[holder] = Marks({dollar: int128(dollarMark), trib: int128(tribMark)});
            _positions[holder] = position.moved(balance, 0, 0);
        } else {
            _positions[holder] = position.moved(balance, dollarMark, tribMark);
        }
    }

    /// @dev Takes everything that `holder` earned off its position. The fraction of a millionth that cannot be paid stays in
    /// the mark, so that claiming often costs nothing.
    function _settle(Book memory book, address holder, Position position)
        private
        returns (uint256 dollars, uint256 tribs)
    {
        uint256 balance = position.balance();
        (int256 dollarMark, int256 tribMark) = _marksOf(book, holder, position);
        (dollars, dollarMark) = _take(book.divisor, book.dollarIndex, balance, dollarMark);
        (tribs, tribMark) = _take(book.divisor, book.tribIndex, balance, tribMark);
        bool moved = dollars | tribs != 0;
        if (position.hasAccrued()) {
            Pair accrued = _accrued[holder];
            dollars += accrued.amount(DOLLAR);
            tribs += accrued.amount(TRIB);
            _accrued[holder] = Pair.wrap(0);
            position = position.withAccrued(false);
            moved = true;
        }
        if (moved) _place(book, holder, position, balance, dollarMark, tribMark);
    }

    function _take(uint256 divisor, uint256 index, uint256 balance, int256 mark)
        private
        pure
        returns (uint256 amount, int256 newMark)
    {
        uint256 scaled = _earned(balance, index, mark);
        amount = scaled / divisor;
        if (amount == 0) return (0, mark);
        unchecked {
            // The rest is less than what was earned, so the mark stays between the old one and the index.
            newMark = int256(index) - int256((scaled % divisor) / balance);
        }
    }

    /// @dev A claim that could not be paid goes back on the books.
    function _keep(address holder, uint256 t, uint256 amount) private returns (uint256 paid) {
        _totals = _totals.withUnpaid(t, amount);
        _accrued[holder] = _accrued[holder].add(t, amount);
        _positions[holder] = _positions[holder].withAccrued(true);
        return 0;
    }

    /// @dev The same for the owner.
    function _keepOwner(bool hasMinter, uint256 t, uint256 amount) private returns (uint256 paid) {
        _totals = _totals.withUnpaid(t, amount);
        if (hasMinter) _ownerDue = _ownerDue.add(t, amount);
        return 0;
    }

    // --- movements ---

    function _transfer(address from, address to, uint256 shares) private {
        require(from != address(0), ERC20InvalidSender(from));
        // Shares held by the account itself would pay it its own revenue, which would then count as new revenue.
        require(to != address(0) && to != address(this), ERC20InvalidReceiver(to));
        Book memory book = _load();
        _accrue(book);
        _move(book, from, to, shares);
    }

    function _burn(address from, uint256 shares) private {
        Book memory book = _load();
        require(book.args.hasMinter(), FixedSupply());
        _accrue(book);
        _move(book, from, address(0), shares);
        _supply = book.supply - shares;
    }

    /// @dev From and to zero are minting and burning; the caller has accrued and sees to the supply.
    function _move(Book memory book, address from, address to, uint256 shares) private {
        if (from != address(0)) {
            Position position = _positions[from];
            uint256 balance = position.balance();
            require(shares <= balance, ERC20InsufficientBalance(from, balance, shares));
            if (from != to) _reposition(book, from, position, balance - shares);
        }
        if (to != address(0) && from != to) {
            Position position = _positions[to];
            _reposition(book, to, position, position.balance() + shares);
        }
        emit Transfer(from, to, shares);
    }

    /// @dev Gives a position a new balance without changing what it has earned.
    function _reposition(Book memory book, address holder, Position position, uint256 newBalance) private {
        uint256 balance = position.balance();
        (int256 dollarMark, int256 tribMark) = _marksOf(book, holder, position);
        uint256 dollars;
        uint256 tribs;
        (dollarMark, dollars) = _remark(book, book.dollarIndex, balance, newBalance, dollarMark);
        (tribMark, tribs) = _remark(book, book.tribIndex, balance, newBalance, tribMark);
        if (dollars | tribs != 0) {
            _accrued[holder] = _accrued[holder].add(DOLLAR, dollars).add(TRIB, tribs);
            position = position.withAccrued(true);
        }
        _place(book, holder, position, newBalance, dollarMark, tribMark);
    }

    /// @dev The mark at which `newBalance` shares have earned what `balance` shares had earned, rounded against the holder;
    /// where there is no such mark, the earned amount itself.
    function _remark(Book memory book, uint256 index, uint256 balance, uint256 newBalance, int256 mark)
        private
        pure
        returns (int256 newMark, uint256 accrued)
    {
        if (balance == 0) return (int256(index), 0);
        uint256 scaled = _earned(balance, index, mark);
        // A mark above the index (an issuer took tokens away) stays there: nothing is earned twice.
        if (scaled == 0) return (mark, 0);
        uint256 maxBack = book.args.hasMinter() ? MAX_BACK_STREAM : MAX_BACK_FIXED;
        uint256 back = newBalance == 0 ? type(uint256).max : scaled / newBalance;
        if (back > maxBack) return (int256(index), scaled / book.divisor);
        return (int256(index) - int256(back), 0);
    }

    /// @dev After a flush that could not pay the edges in `failed` (bit i: dollars, bit 128 + i: TRIB): the others are ahead.
    function _mend(Book memory book, uint256 failed) private {
        uint256 count = book.args.upstreamCount();
        for (uint256 t; t < 2; ++t) {
            uint256 failedOfToken = (failed >> (t << 7)) & type(uint128).max;
            if (failedOfToken == 0) continue;
            _totals = _totals.withPassed(t, book.totals.passed(t), true);
            for (uint256 i; i < count; ++i) {
                if (failedOfToken & (1 << i) != 0) continue;
                Pair passed = _passedOf[i];
                // An edge that took its part of more before an issuer took tokens away stays there.
                if (passed.amount(t) < _receivedOf(book, t)) _passedOf[i] = passed.set(t, _receivedOf(book, t));
            }
        }
    }

    function _pullOne(Book memory book, uint256 t, uint256 i, address to, uint256 weight)
        private
        returns (uint256 units)
    {
        units = _owed(book, t, _receivedOf(book, t), i, weight) * _millionthOf(t);
        if (units == 0) return 0;
        Pair before = _passedOf[i];
        _passedOf[i] = before.set(t, _receivedOf(book, t));
        _totals = _totals.withPassed(t, book.totals.passed(t), true);
        if (_pay(t == DOLLAR ? dollar : trib, to, units)) return units;
        // Not paid: the edge is where it was. The bit may stay, it only costs a read.
        _passedOf[i] = before;
        return 0;
    }

    /// @dev A payment that failed for want of gas would look like a blocked receiver; so there is always enough for one.
    function _pay(address token, address to, uint256 units) private returns (bool paid) {
        require(gasleft() >= PAYMENT_GAS, TooLittleGas(gasleft(), PAYMENT_GAS));
        paid = IERC20(token).trySafeTransfer(to, units);
        if (!paid) emit Unpaid(token, to, units);
    }

    function _spendAllowance(address from, uint256 shares) private {
        uint256 allowed = _allowances[from][msg.sender];
        if (allowed == type(uint256).max) return;
        require(shares <= allowed, ERC20InsufficientAllowance(msg.sender, allowed, shares));
        _allowances[from][msg.sender] = allowed - shares;
    }

    // --- small things ---

    function _args() private view returns (bytes memory) {
        return Clones.fetchCloneArgs(address(this));
    }

    function _totalSupply(bytes memory args) private view returns (uint256) {
        return args.hasMinter() ? _supply : args.cap();
    }

    /// @dev `amount` below 2⁶², `weight` in ppm.
    function _partDown(uint256 amount, uint256 weight) private pure returns (uint256) {
        unchecked {
            return (amount * weight) / PPM;
        }
    }

    function _millionth(address token) private view returns (uint256) {
        uint8 decimals_ = IERC20Metadata(token).decimals();
        require(decimals_ >= 6 && decimals_ <= 36, UnsuitableDecimals(token, decimals_));
        return 10 ** (decimals_ - 6);
    }

    function _receivedOf(Book memory book, uint256 t) private pure returns (uint256) {
        return t == DOLLAR ? book.dollars : book.tribs;
    }

    function _setIndex(Book memory book, uint256 t, uint256 index) private pure {
        if (t == DOLLAR) book.dollarIndex = index;
        else book.tribIndex = index;
    }

    function _millionthOf(uint256 t) private view returns (uint256) {
        return t == DOLLAR ? _dollarMillionth : _tribMillionth;
    }

    function _number(address token) private view returns (uint256) {
        if (token == dollar) return DOLLAR;
        require(token == trib, NotRevenueToken(token));
        return TRIB;
    }
}
